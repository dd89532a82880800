#include "fleetsne/run/progress_json.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace fleetsne::run {

using nlohmann::json;

namespace {

[[noreturn]] void refuse(const std::string& file) {
  throw base::InputError(
      fmt::format("{} has a description that cannot be understood (it is damaged). Remove it", file));
}

}  // namespace

void write_progress(const optimize::State& state, json& about) {
  const optimize::Progress& progress = state.progress;
  json curve = json::array(), ended = json::array();
  for (const optimize::KlPoint& point : progress.kl_curve)
    curve.push_back({point.iteration, point.kl, point.seconds});
  for (const optimize::StageStats& stage : progress.ended)
    ended.push_back({{"name", stage.name},
                     {"iterations", stage.iterations},
                     {"settled", stage.settled},
                     {"seconds", stage.seconds}});
  about["iteration"] = state.iteration;
  about["grid"] = {state.grid.step, state.grid.padded_rows, state.grid.padded_columns, state.grid.far_factor,
                   state.grid.dof};
  about["progress"] = {{"stage", progress.stage},
                       {"iteration", progress.iteration},
                       // NaN, which is none, has no place in JSON.
                       {"last_kl", std::isnan(progress.last_kl) ? json() : json(progress.last_kl)},
                       {"seconds", progress.seconds},
                       {"kl_curve", curve},
                       {"ended", ended}};
}

void read_progress(const json& about, const std::string& file, optimize::State& state) {
  try {
    state.iteration = about.at("iteration").get<std::int64_t>();
    const json& grid = about.at("grid");
    state.grid =
        optimize::grid_of_periods(grid.at(0).get<double>(), grid.at(1).get<int>(), grid.at(2).get<int>(),
                                  grid.at(3).get<int>(), grid.at(4).get<double>());
    const json& from = about.at("progress");
    optimize::Progress progress;
    progress.stage = from.at("stage").get<std::size_t>();
    progress.iteration = from.at("iteration").get<int>();
    progress.last_kl = from.at("last_kl").is_null() ? std::numeric_limits<double>::quiet_NaN()
                                                    : from.at("last_kl").get<double>();
    progress.seconds = from.at("seconds").get<double>();
    for (const json& point : from.at("kl_curve"))
      progress.kl_curve.push_back(
          {point.at(0).get<std::int64_t>(), point.at(1).get<double>(), point.at(2).get<double>()});
    for (const json& stage : from.at("ended"))
      progress.ended.push_back({.name = stage.at("name").get<std::string>(),
                                .iterations = stage.at("iterations").get<int>(),
                                .settled = stage.at("settled").get<bool>(),
                                .seconds = stage.at("seconds").get<double>()});
    if (state.iteration >= 0 && progress.iteration >= 0) {
      state.progress = std::move(progress);
      return;
    }
  } catch (const json::exception&) {
    // Told below.
  }
  refuse(file);
}

void write_progress(const umap::LayoutState& state, json& about) {
  about["epoch"] = state.epoch;
  about["samples"] = state.samples;
}

void read_progress(const json& about, const std::string& file, umap::LayoutState& state) {
  try {
    state.epoch = about.at("epoch").get<int>();
    state.samples = about.at("samples").get<std::int64_t>();
    if (state.epoch >= 0 && state.samples >= 0) return;
  } catch (const json::exception&) {
    // Told below.
  }
  refuse(file);
}

}  // namespace fleetsne::run
