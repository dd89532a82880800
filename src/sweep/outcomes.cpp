#include "fleetsne/io/json_file.hpp"
#include "fleetsne/sweep/table.hpp"

#include <algorithm>
#include <filesystem>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json report_of(const Plan& plan, const Row& row) {
  json report = io::read_json((fs::path(plan.row_folder(row)) / "report.json").string());
  return report.is_object() ? report : json::object();
}

/// A number of a report; none where there is none.
std::optional<double> number(const json& report, const char* path) {
  const json::json_pointer at(path);
  if (!report.contains(at) || !report.at(at).is_number()) return std::nullopt;
  return report.at(at).get<double>();
}

double cpu_seconds(const json& report) {
  double sum = 0;
  for (const json& stage : report.value("stages", json::array()))
    sum += stage.value("user_seconds", 0.0) + stage.value("system_seconds", 0.0);
  return sum;
}

std::optional<double> peak_gigabytes(const json& report) {
  double most = 0;
  for (const json& rank : report.value("peak_memory_bytes", json::array())) most += rank.get<double>();
  return most > 0 ? std::optional(most / 1e9) : std::nullopt;
}

/// Seconds that the files took that the row was made from; they count in full for every row that shares them.
double shared_seconds(const Plan& plan, const PlannedRow& row) {
  double sum = 0;
  std::optional<std::size_t> neighbors = row.neighbors;
  if (row.affinities) {
    const Shared& affinities = plan.affinities[*row.affinities];
    sum += read_status(plan.status_file(affinities)).seconds;
    neighbors = affinities.neighbors;
  }
  if (neighbors) sum += read_status(plan.status_file(plan.neighbors[*neighbors])).seconds;
  return sum;
}

std::vector<std::string> swept_options(const Plan& plan) {
  std::vector<std::string> names;
  for (const PlannedRow& planned : plan.rows)
    for (const auto& [option, value] : planned.row.settings)
      if (std::ranges::find(names, option) == names.end()) names.push_back(option);
  return names;
}

std::vector<std::pair<std::string, std::string>> settings_of(const Row& row,
                                                             const std::vector<std::string>& options) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string& name : options) {
    std::string values;
    for (const auto& [option, value] : row.settings)
      if (option == name) values += (values.empty() ? "" : "; ") + value;
    found.emplace_back(name, values);
  }
  return found;
}

}  // namespace

std::vector<Outcome> outcomes(const Plan& plan) {
  const std::vector<std::string> options = swept_options(plan);
  std::vector<Outcome> result;
  for (const PlannedRow& planned : plan.rows) {
    Outcome outcome{.name = planned.row.name,
                    .status = read_status(plan.status_file(planned.row)),
                    .settings = settings_of(planned.row, options),
                    .figures = {},
                    .folder = "rows/" + planned.row.name,
                    .picture = {}};
    const bool done = outcome.status.state == State::done;
    const json report = done ? report_of(plan, planned.row) : json::object();
    const auto figure = [&](const char* name, const std::optional<double>& value) {
      outcome.figures.emplace_back(name, value);
    };
    figure("kl", number(report, "/optimize/kl"));
    for (const char* measure :
         {"neighbors_kept", "classes_kept", "distance_correlation", "label_accuracy", "trustworthiness"})
      figure(measure, number(report, (std::string("/quality/") + measure).c_str()));
    figure("recall", number(report, "/neighbors/recall"));
    const auto iterations = number(report, "/optimize/iterations");
    figure("iterations", iterations ? iterations : number(report, "/umap/epochs"));
    const bool begun = outcome.status.attempts > 0;
    figure("seconds", begun ? std::optional(outcome.status.seconds) : std::nullopt);
    figure("cpu_seconds", done ? std::optional(cpu_seconds(report)) : std::nullopt);
    figure("shared_seconds", begun ? std::optional(shared_seconds(plan, planned)) : std::nullopt);
    figure("peak_gigabytes", peak_gigabytes(report));
    figure("ranks", number(report, "/ranks"));
    figure("threads", number(report, "/threads"));
    std::error_code ignored;
    if (done && fs::exists(fs::path(plan.row_folder(planned.row)) / "embedding.png", ignored))
      outcome.picture = outcome.folder + "/embedding.png";
    result.push_back(std::move(outcome));
  }
  return result;
}

}  // namespace fleetsne::sweep
