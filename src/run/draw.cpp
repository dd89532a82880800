#include "fleetsne/run/draw.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/label_source.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/output_file.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/run/row_match.hpp"
#include "fleetsne/run/seats.hpp"

#include "findings.hpp"
#include "own_embedding.hpp"
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace fleetsne::run {
namespace {

using Rows = data::DistributedMatrix<float>;
using plot::Coloring;

/// What the points are colored by, as it was read.
struct Colors {
  std::optional<data::Labels> labels;
  std::optional<data::Numbers> values;

  plot::PointColors view() const { return {labels ? &*labels : nullptr, values ? &*values : nullptr}; }
  /// Labels before numbers.
  Coloring main() const { return labels ? Coloring::labels : values ? Coloring::values : Coloring::density; }
};

/// What is drawn, in the order of the rows of the first embedding.
struct Drawable {
  std::vector<std::string> files;  ///< of the embeddings
  std::vector<RowMatch> matches;   ///< of their rows
  data::RowDistribution rows;
};

/// The embeddings' headers must agree. Collective.
Drawable check_shapes(const comm::Communicator& comm, const std::vector<io::RowInput>& inputs,
                      const std::vector<std::string>& files, RowMatcher& matcher) {
  Drawable result{files, std::vector<RowMatch>(files.size()), matcher.rows()};
  Findings findings;
  for (std::size_t i = 1; i < files.size(); ++i)
    findings.gather([&] { result.matches[i] = matcher.match(files[i], std::span(&inputs[i], 1)); });
  findings.raise();
  comm::agree(comm, [&] {
    std::string problems;
    const auto add = [&](const std::string& problem) {
      problems += (problems.empty() ? "" : "\n") + problem;
    };
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (inputs[i].columns != 2)
        add(fmt::format("{} has {} column{} (a picture has two axes). Give an embedding in two dimensions",
                        files[i], inputs[i].columns, inputs[i].columns == 1 ? "" : "s"));
      if (inputs[i].rows != inputs[0].rows && !result.matches[i].by_name())
        add(
            fmt::format("{} has {} rows, {} has {} (pictures side by side and frames show the same rows). "
                        "Draw them one by one",
                        files[i], inputs[i].rows, files[0], inputs[0].rows));
    }
    if (!problems.empty()) throw base::InputError(problems);
  });
  return result;
}

Rows read_one(const comm::Communicator& comm, const Drawable& drawable, std::size_t i, base::Log& log) {
  const std::string& file = drawable.files[i];
  Rows stored = io::read_rows(comm, std::span(&file, 1), {.orientation = io::Orientation::embedding});
  if (i > 0) return put_in_order(comm, file, std::move(stored), drawable.matches[i], drawable.rows, log);
  warn_if_changed(comm, file, stored, log);
  return stored;
}

const std::string& name_of(const DrawConfig& config, std::size_t i) {
  return config.input.names.empty() ? config.input.embeddings[i] : config.input.names[i];
}

std::vector<Coloring> colorings(const DrawConfig& config, const Colors& colors) {
  if (config.panels == Panels::density) return {Coloring::density};
  std::vector<Coloring> result;
  const bool single = config.input.embeddings.size() == 1;
  if (single && config.panels == Panels::automatic) result.push_back(Coloring::density);
  if (single && colors.labels && colors.values) {
    result.push_back(Coloring::labels);
    result.push_back(Coloring::values);
  } else if (result.empty() || colors.main() != Coloring::density) {
    result.push_back(colors.main());
  }
  return result;
}

std::string panel_title(const DrawConfig& config, std::size_t embedding, Coloring coloring,
                        const Colors& colors, bool several) {
  if (config.input.embeddings.size() > 1) return name_of(config, embedding);
  if (!several) return "";
  if (coloring == Coloring::density) return "all points";
  return "by " + (coloring == Coloring::labels ? colors.labels->name : colors.values->name);
}

void write_picture(const comm::Communicator& comm, const DrawConfig& config, const Drawable& drawable,
                   const Colors& colors, base::Log& log) {
  std::vector<Rows> embeddings;
  for (std::size_t e = 0; e < drawable.files.size(); ++e)
    embeddings.push_back(read_one(comm, drawable, e, log));
  std::vector<plot::Panel> panels;
  const std::vector<Coloring> each = colorings(config, colors);
  for (std::size_t e = 0; e < embeddings.size(); ++e)
    for (const Coloring coloring : each)
      panels.push_back(
          {embeddings[e].local.view(), panel_title(config, e, coloring, colors, each.size() > 1), coloring});
  const auto png = plot::render_panels(comm, panels, colors.view(), config.plot, log);
  comm::on_root(comm, [&] { io::write_binary_file(config.output.picture, png); });
}

void write_animation(const comm::Communicator& comm, const DrawConfig& config, const Drawable& drawable,
                     const Colors& colors, const plot::Window& whole, base::Log& log) {
  plot::PlotConfig frame = config.plot;
  if (!frame.window) frame.window = plot::with_margin(whole);
  const Coloring coloring = config.panels == Panels::density ? Coloring::density : colors.main();
  std::vector<std::vector<unsigned char>> frames;
  log.begin_phase("frames", static_cast<std::int64_t>(drawable.files.size()));
  for (std::size_t e = 0; e < drawable.files.size(); ++e) {
    const Rows embedding = read_one(comm, drawable, e, log);
    frame.note =
        config.input.names.empty() ? plot::frame_caption(config.input.embeddings[e]) : config.input.names[e];
    const plot::Panel panel{embedding.local.view(), "", coloring};
    frames.push_back(plot::render_panels(comm, std::span(&panel, 1), colors.view(), frame, log));
    log.advance(static_cast<std::int64_t>(e) + 1);
  }
  log.end_phase();
  comm::on_root(comm, [&] {
    io::write_binary_file(config.output.animation, plot::assemble_animation(frames, config.timing));
  });
}

}  // namespace

std::optional<plot::Window> window_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::array<double, 4> ends{};
  const char *at = text.data(), *end = text.data() + text.size();
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto [after, error] = std::from_chars(at, end, ends[i]);
    const bool last = i + 1 == ends.size();
    if (error != std::errc() || !std::isfinite(ends[i]) ||
        (last ? after != end : after == end || *after != ','))
      throw base::UsageError(fmt::format(
          "--window is {} (it is four numbers: LEFT,RIGHT,BOTTOM,TOP). Write it like -20,20,0,40", text));
    at = after + 1;
  }
  return plot::Window{ends[0], ends[1], ends[2], ends[3]};
}

void check_config(const DrawConfig& config) {
  Problems problems;
  problems.require(!config.input.embeddings.empty(),
                   "no embedding was given (there is nothing to draw). Name a file");
  problems.require(
      config.input.names.empty() || config.input.names.size() == config.input.embeddings.size(),
      fmt::format("--name was given {} times for {} embeddings (each needs one, or none has). Give it once "
                  "for every embedding",
                  config.input.names.size(), config.input.embeddings.size()));
  problems.require(!config.output.picture.empty() || !config.output.animation.empty(),
                   "no output file was given (the picture needs a place). Add --output FILE.png");
  problems.require(config.output.picture.empty() || config.output.picture != config.output.animation,
                   fmt::format("--output and --animation are both {} (one would replace the other). Name "
                               "another",
                               config.output.picture));
  problems.require(
      config.plot.clip >= 0 && config.plot.clip < 50,
      fmt::format(
          "--plot.clip is {} (it is the percentage that is cut off at each end). Choose 0 or more, below 50",
          config.plot.clip));
  for (const auto& [name, seconds] : {std::pair("--plot.frame-seconds", config.timing.frame_seconds),
                                      std::pair("--plot.last-seconds", config.timing.last_seconds)})
    problems.require(
        seconds > 0 && seconds <= plot::longest_frame_seconds,
        fmt::format("{} is {} (it is how long a frame is shown, in seconds). Choose more than 0, up to {}",
                    name, seconds, plot::longest_frame_seconds));
  problems.require(
      config.panels != Panels::colored || !config.input.labels.empty() || !config.input.values.empty(),
      "--panels colored was given without --labels and --values (the colors come from them). Add one of "
      "them");
  check_picture(config.plot, problems);
  try {
    window_of(config.window);
  } catch (const base::UsageError& error) {
    problems.add(error.what());
  }
  check_execution(config.run, problems);
  problems.raise();
}

Drawn draw(const comm::Communicator& comm, const DrawConfig& given, base::Log& log) {
  comm::agree(comm, [&] { check_config(given); });
  const base::Stopwatch watch;
  DrawConfig config = given;
  config.plot.window = window_of(config.window);
  std::vector<std::string> read = config.input.embeddings;
  read.insert(read.end(), config.input.labels.begin(), config.input.labels.end());
  if (!config.input.values.empty()) read.push_back(config.input.values);
  std::vector<MadeFolders> folders;
  Drawn drawn;
  for (const std::string& file : {config.output.picture, config.output.animation}) {
    if (file.empty()) continue;
    folders.push_back(prepare_output_file(comm, file, config.output.force, read));
    drawn.files.push_back(file);
  }
  drawn.threads = take_seats(comm, config.run, log).threads;
  const auto files = io::embedding_inputs(comm, config.input.embeddings);
  std::vector<io::RowInput> inputs;
  for (const std::string& file : files)
    inputs.push_back(io::inspect_all_rows(comm, std::span(&file, 1), io::Orientation::embedding).front());
  drawn.points = inputs.front().rows;
  RowMatcher matcher(comm, {inputs.front()}, drawn.points, log);
  Drawable drawable;
  RowMatch labels, values;
  Findings findings;
  findings.gather([&] { drawable = check_shapes(comm, inputs, files, matcher); });
  if (!config.input.labels.empty())
    findings.gather([&] { labels = match_labels(comm, matcher, config.input.labels); });
  if (!config.input.values.empty())
    findings.gather([&] { values = match_values(comm, matcher, config.input.values); });
  findings.raise();

  std::optional<plot::Window> whole;
  for (std::size_t e = 0; e < files.size(); ++e) {
    const Rows embedding = read_one(comm, drawable, e, log);
    const auto one = plot::turned_bounds(comm, embedding.local.view(), config.plot.rotation);
    if (one) whole = whole ? plot::joined(*whole, *one) : *one;
  }
  drawn.window = whole.value_or(plot::Window{});
  Colors colors;
  if (!config.input.labels.empty()) colors.labels = read_labels(comm, config.input.labels, labels);
  if (!config.input.values.empty()) colors.values = read_values(comm, config.input.values, values);
  if (!config.output.picture.empty()) write_picture(comm, config, drawable, colors, log);
  if (!config.output.animation.empty()) write_animation(comm, config, drawable, colors, drawn.window, log);
  drawn.seconds = comm.all_reduce(watch.seconds(), comm::Reduction::max);
  return drawn;
}

}  // namespace fleetsne::run
