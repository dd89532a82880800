#include "fleetsne/run/result.hpp"

#include "fleetsne/run/umap.hpp"

#include <fmt/format.h>

namespace fleetsne::run {
namespace {

/// What uns/tsne or uns/umap of the AnnData file says of the embedding. Its strings are UTF-8, so it goes
/// through text.
nlohmann::json provenance(const Report& report, const nlohmann::json& state) {
  nlohmann::json result{{"version", report.about.version}, {"config", report.about.config},
                        {"ranks", report.ranks},           {"threads", report.threads},
                        {"started", report.started},       {"recall", report.neighbors->recall},
                        {"libraries", library_versions()}};
  if (report.input_digest != 0) result["input_digest"] = fmt::format("{:016x}", report.input_digest);
  if (report.optimize) result["kl"] = report.optimize->kl;
  if (!state.is_null()) result["state"] = state;
  if (report.umap) result["layout"] = umap_json(*report.umap);
  return nlohmann::json::parse(to_text(result));
}

}  // namespace

void write_result(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                  const Result& result, Report& report, const std::function<void(const std::string&)>& draw) {
  output.withdraw_report(comm);
  io::write_anndata(comm, output.anndata(),
                    {.rows = result.rows,
                     .embedding = result.embedding,
                     .labels = result.labels,
                     .inputs = config.input.files,
                     .parameters = provenance(report, result.state.numbers),
                     .more = result.state.matrices,
                     .method = config.method == Method::umap ? "umap" : "tsne"});
  report.files.push_back(output.anndata());
  io::write_npy(comm, output.npy(), result.rows, result.embedding);
  report.files.push_back(output.npy());
  draw(output.picture());
  report.files.push_back(output.picture());
}

}  // namespace fleetsne::run
