#include "fleetsne/run/evaluate.hpp"
#include "fleetsne/run/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fleetsne::run {
namespace {

using nlohmann::json;

json optional(const std::optional<double>& value) {
  return value ? json(*value) : json();
}

struct Column {
  std::string head, key;
  std::vector<std::string> values;
};

std::vector<Column> columns_of(const Evaluation& found) {
  std::vector<Column> columns{
      {fmt::format("KNN({})", found.neighbors), "knn", {}},
      {found.class_neighbors > 0 ? fmt::format("KNC({})", found.class_neighbors) : "KNC", "knc", {}},
      {"CPD", "cpd", {}},
      {"label accuracy", "label_accuracy", {}},
      {"trustworthiness", "trustworthiness", {}},
      {fmt::format("KL({:g})", found.perplexity), "kl", {}}};
  for (const Judgement& one : found.judgements) {
    const quality::Scores& s = one.scores;
    const std::array<std::optional<double>, 6> values{s.neighbors_kept,       s.classes_kept,
                                                      s.distance_correlation, s.label_accuracy,
                                                      s.trustworthiness,      one.kl};
    for (std::size_t c = 0; c < columns.size(); ++c)
      columns[c].values.push_back(values[c] ? fmt::format("{:.4f}", *values[c]) : "");
  }
  std::erase_if(columns, [](const Column& column) {
    return std::ranges::all_of(column.values, [](const std::string& value) { return value.empty(); });
  });
  return columns;
}

}  // namespace

json to_json(const Evaluation& found) {
  json judgements = json::array();
  for (const Judgement& one : found.judgements) {
    json entry{{"name", one.name},
               {"file", one.file},
               {"knn", one.scores.neighbors_kept},
               {"knc", optional(one.scores.classes_kept)},
               {"cpd", optional(one.scores.distance_correlation)},
               {"label_accuracy", optional(one.scores.label_accuracy)},
               {"trustworthiness", optional(one.scores.trustworthiness)},
               {"kl", optional(one.kl)}};
    if (one.kl) entry["kl_standard_error"] = one.kl_error;
    judgements.push_back(std::move(entry));
  }
  json result{{"points", found.points},
              {"columns", found.columns},
              {"sampled", found.sampled},
              {"neighbors", found.neighbors},
              {"class_neighbors", found.class_neighbors},
              {"ranks", found.ranks},
              {"threads", found.threads},
              {"libraries", library_versions()},
              {"wall_seconds", found.seconds},
              {"warnings", found.warnings},
              {"embeddings", judgements}};
  if (found.recall) {
    result["perplexity"] = found.perplexity;
    result["recall"] = *found.recall;
  }
  return result;
}

std::string to_text(const Evaluation& found) {
  const std::vector<Column> columns = columns_of(found);
  std::size_t name_width = 9;
  for (const Judgement& one : found.judgements) name_width = std::max(name_width, one.name.size());
  std::string text = fmt::format("{:<{}}", "embedding", name_width);
  for (const Column& column : columns) text += "  " + fmt::format("{:>8}", column.head);
  text += "\n";
  for (std::size_t e = 0; e < found.judgements.size(); ++e) {
    text += fmt::format("{:<{}}", found.judgements[e].name, name_width);
    for (const Column& column : columns)
      text += "  " + fmt::format("{:>{}}", column.values[e].empty() ? "-" : column.values[e],
                                 std::max<std::size_t>(8, column.head.size()));
    text += "\n";
  }
  for (std::size_t e = 0; e < found.judgements.size(); ++e) {
    text += fmt::format("RESULT embedding={} points={} sampled={} ranks={}", found.judgements[e].name,
                        found.points, found.sampled, found.ranks);
    for (const Column& column : columns)
      if (!column.values[e].empty()) text += fmt::format(" {}={}", column.key, column.values[e]);
    text += "\n";
  }
  return text;
}

}  // namespace fleetsne::run
