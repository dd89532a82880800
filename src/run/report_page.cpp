#include "fleetsne/run/report_page.hpp"

#include "fleetsne/plot/text.hpp"
#include "fleetsne/plot/ticks.hpp"
#include "fleetsne/run/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::run {
namespace {

using nlohmann::json;

std::string seconds_text(double seconds) {
  if (seconds >= 3600)
    return fmt::format("{:.0f} h {:.0f} min", std::floor(seconds / 3600),
                       std::floor(std::fmod(seconds, 3600) / 60));
  if (seconds >= 100) return fmt::format("{:.0f} s", seconds);
  return fmt::format("{:.{}f} s", seconds, seconds >= 10 ? 1 : 2);
}

std::string bytes_text(double bytes) {
  for (const char* unit : {"B", "kB", "MB", "GB"}) {
    if (bytes < 999.5) return fmt::format("{:.{}f} {}", bytes, bytes > 0 && bytes < 9.95 ? 1 : 0, unit);
    bytes /= 1000;
  }
  return fmt::format("{:.1f} TB", bytes);
}

double largest(const json& numbers) {
  double most = 0;
  for (const json& number : numbers) most = std::max(most, number.get<double>());
  return most;
}

/// A scalar, or an array of them, as a reader likes it; escaped.
std::string value_text(const json& value) {
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    return text.empty() ? "\u2013" : html_escaped(text);
  }
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_integer() || value.is_number_unsigned())
    return plot::with_thousands(value.get<std::int64_t>());
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (!value.is_array() || std::ranges::any_of(value, [](const json& v) { return v.is_structured(); }))
    return html_escaped(value.dump());
  std::string text;
  for (const json& element : value) text += (text.empty() ? "" : ", ") + value_text(element);
  return text.empty() ? "\u2013" : text;
}

bool holds_objects(const json& value) {
  return value.is_array() && std::ranges::any_of(value, [](const json& v) { return v.is_object(); });
}

/// Rows of names and values. Objects inside get their name in front, those of a list theirs or their number.
std::string value_rows(const json& object, const std::string& before = "") {
  std::string rows;
  for (const auto& [key, value] : object.items()) {
    std::string name = before + key;
    std::ranges::replace(name, '_', ' ');
    if (value.is_object()) {
      rows += value_rows(value, name + ", ");
    } else if (holds_objects(value)) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        const json& element = value[i];
        const bool named = element.contains("name") && element["name"].is_string();
        json rest = element;
        if (named) rest.erase("name");
        rows += value_rows(
            rest,
            fmt::format("{} {}, ", name, named ? element["name"].get<std::string>() : std::to_string(i + 1)));
      }
    } else {
      rows += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"v\">{}</td></tr>\n", html_escaped(name),
                          value_text(value));
    }
  }
  return rows;
}

std::string section_table(const std::string& name, const json& object) {
  if (!object.is_object() || object.empty()) return "";
  std::string title = name;
  std::ranges::replace(title, '_', ' ');
  return fmt::format("<div><h3>{}</h3>\n<table>\n{}</table></div>\n", html_escaped(title),
                     value_rows(object));
}

/// A key of the report as words, escaped.
std::string readable(std::string key) {
  std::ranges::replace(key, '_', ' ');
  return html_escaped(key);
}

std::string tile(const std::string& value, const std::string& name) {
  return fmt::format("<li><b>{}</b><span>{}</span></li>\n", value, name);
}

std::string tiles(const json& report) {
  std::string text = tile(
      plot::with_thousands(report.value("points", std::int64_t{0})),
      fmt::format("points of {} columns", plot::with_thousands(report.value("columns", std::int64_t{0}))));
  if (report.contains("optimize"))
    text += tile(fmt::format("{:.4f}", report["optimize"].value("kl", 0.0)), "KL divergence at the end");
  if (report.contains("neighbors"))
    text += tile(fmt::format("{:.4f}", report["neighbors"].value("recall", 0.0)), "neighbour recall");
  if (report.contains("quality"))
    for (const auto& [name, value] : report["quality"].items())
      text += tile(fmt::format("{:.4f}", value.get<double>()), readable(name));
  text += tile(seconds_text(report.value("wall_seconds", 0.0)), "from start to end");
  text += tile(bytes_text(largest(report.value("peak_memory_bytes", json::array()))),
               "peak memory of the largest rank");
  return "<ul class=\"tiles\">\n" + text + "</ul>\n";
}

/// The KL curve as SVG: iterations to the right, KL upwards.
class Curve {
 public:
  explicit Curve(const json& points) : points_(points) {
    low_ = high_ = points.front().value("kl", 0.0);
    for (const json& point : points) {
      low_ = std::min(low_, point.value("kl", 0.0));
      high_ = std::max(high_, point.value("kl", 0.0));
    }
    last_ = std::max(1.0, points.back().value("iteration", 1.0));
    const double room = std::max(1e-6, 0.06 * (high_ - low_));
    low_ -= room;
    high_ += room;
  }

  std::string svg() const {
    std::string text =
        fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"KL divergence by iteration\">\n",
                    width, height);
    for (const double kl : plot::nice_ticks(low_, high_, 5))
      text += fmt::format(
          "<line class=\"rule\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
          "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.4g}</text>\n",
          left, width - right, y(kl), y(kl), left - 8, y(kl) + 4, kl);
    for (const double iteration : plot::nice_ticks(0, last_, 8))
      text += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:g}</text>\n", x(iteration),
                          height - bottom + 20, iteration);
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">iteration</text>\n", width - right,
                        height - 6);
    std::string path;
    for (const json& point : points_)
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x(point.value("iteration", 0.0)),
                          y(point.value("kl", 0.0)));
    text += fmt::format("<polyline class=\"curve\" points=\"{}\"/>\n", path);
    for (const json& point : points_)
      text += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>iteration {}: KL {:.4f}, {:.1f} s"
          "</title></circle>\n",
          x(point.value("iteration", 0.0)), y(point.value("kl", 0.0)),
          point.value("iteration", std::int64_t{0}), point.value("kl", 0.0), point.value("seconds", 0.0));
    return text + "</svg>\n";
  }

 private:
  static constexpr int width = 900, height = 320, left = 60, right = 16, top = 12, bottom = 44;
  double x(double iteration) const { return left + (width - left - right) * iteration / last_; }
  double y(double kl) const { return top + (height - top - bottom) * (high_ - kl) / (high_ - low_); }

  const json& points_;
  double low_ = 0, high_ = 1, last_ = 1;
};

std::string curve_section(const json& report) {
  if (!report.contains("optimize")) return "";
  const json points = report["optimize"].value("kl_curve", json::array());
  if (points.empty()) return "";
  return "<h2>KL divergence</h2>\n" + Curve(points).svg();
}

std::string stages_section(const json& report) {
  const json stages = report.value("stages", json::array());
  if (stages.empty()) return "";
  double longest = 1e-9, all = 0;
  for (const json& stage : stages) {
    longest = std::max(longest, stage.value("wall_seconds", 0.0));
    all += stage.value("wall_seconds", 0.0);
  }
  std::string rows;
  for (const json& stage : stages) {
    const double wall = stage.value("wall_seconds", 0.0);
    rows += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"bar\"><i style=\"width:{:.2f}%\"></i></td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        html_escaped(stage.value("name", "?")), 100 * wall / longest, seconds_text(wall),
        seconds_text(stage.value("user_seconds", 0.0) + stage.value("system_seconds", 0.0)),
        bytes_text(largest(stage.value("bytes_sent", json::array()))));
  }
  return fmt::format(
      "<h2>Time of the stages</h2>\n<div class=\"wide\"><table>\n<tr><th scope=\"col\">stage</th><td></td>"
      "<th scope=\"col\" class=\"n\">slowest rank</th><th scope=\"col\" class=\"n\">CPU, all ranks</th>"
      "<th scope=\"col\" class=\"n\">sent by a rank, most</th></tr>\n{}"
      "<tr><th scope=\"row\">all stages</th><td></td><td class=\"n\">{}</td><td></td><td></td></tr>\n"
      "</table></div>\n",
      rows, seconds_text(all));
}

std::string counters_section(const json& report) {
  std::string text;
  for (const char* name : {"neighbors", "affinity", "optimize", "imbalance"}) {
    if (!report.contains(name)) continue;
    json values = report[name];
    if (values.is_object()) values.erase("kl_curve");
    text += section_table(name, values);
  }
  return text.empty() ? ""
                      : "<h2>What was counted</h2>\n<section class=\"sections\">\n" + text + "</section>\n";
}

std::string options_section(const json& report) {
  if (!report.contains("config")) return "";
  std::string text;
  for (const auto& [name, values] : report["config"].items()) text += section_table(name, values);
  return "<h2>Options</h2>\n<section class=\"sections\">\n" + text + "</section>\n";
}

/// An argument as a shell takes it.
std::string quoted(const std::string& argument) {
  constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,+@%";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) return argument;
  std::string text = "'";
  for (const char letter : argument) text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

std::string provenance_section(const json& report) {
  std::string command;
  for (const json& argument : report.value("command", json::array()))
    command += (command.empty() ? "" : " ") + quoted(argument.get<std::string>());
  json facts{{"FleetSNE", report.value("version", "")}, {"started", report.value("started", "")}};
  for (const char* name : {"ranks", "threads", "hosts", "files", "exit_code"})
    if (report.contains(name)) facts[name] = report[name];
  return fmt::format(
      "<h2>Where it comes from</h2>\n<pre>{}</pre>\n<section class=\"sections\">\n{}{}</section>\n",
      html_escaped(command), section_table("run", facts),
      section_table("libraries", report.value("libraries", json::object())));
}

std::string title_of(const json& report) {
  const json plot = report.value("config", json::object()).value("plot", json::object());
  const std::string title = plot.value("title", "");
  return title.empty() ? "FleetSNE embedding" : title;
}

std::string plural(std::int64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string report_page(const json& given, std::span<const unsigned char> picture) {
  const json report = json::parse(to_text(given));  // whose strings are UTF-8
  const std::string title = html_escaped(title_of(report));
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<h1>{}</h1>\n<p class=\"sub\">FleetSNE {}, {} of {} on {}, {}</p>\n",
      title, page_style, title, html_escaped(report.value("version", "")),
      plural(report.value("ranks", std::int64_t{1}), "rank"),
      plural(report.value("threads", std::int64_t{1}), "thread"),
      plural(report.value("hosts", std::int64_t{1}), "host"), html_escaped(report.value("started", "")));
  if (report.contains("error"))
    page += fmt::format("<p class=\"bad\"><strong>The run failed.</strong> {}</p>\n",
                        html_escaped(report["error"].get<std::string>()));
  page += tiles(report);
  if (!picture.empty())
    page += fmt::format(
        "<figure><img alt=\"The embedding of {} points\" src=\"data:image/png;base64,{}\"></figure>\n",
        plot::with_thousands(report.value("points", std::int64_t{0})), base64(picture));
  return page + curve_section(report) + stages_section(report) + counters_section(report) +
         options_section(report) + provenance_section(report) + "</body>\n</html>\n";
}

}  // namespace fleetsne::run
