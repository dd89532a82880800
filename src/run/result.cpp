#include "fleetsne/run/result.hpp"

#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/dataset_digest.hpp"
#include "fleetsne/run/umap.hpp"

#include <fmt/format.h>

namespace fleetsne::run {
namespace {

/// What uns/tsne or uns/umap of the AnnData file says of the embedding. Its strings are UTF-8, so it goes
/// through text.
nlohmann::json provenance(const Report& report, const nlohmann::json& state, const nlohmann::json& digests) {
  nlohmann::json result = made_of(report);
  result.update({{"ranks", report.ranks},
                 {"threads", report.threads},
                 {"recall", report.neighbors->recall},
                 {"digests", digests}});
  if (report.input_digest != 0) result["input_digest"] = fmt::format("{:016x}", report.input_digest);
  if (report.optimize) result["kl"] = report.optimize->kl;
  if (!state.is_null()) result["state"] = state;
  if (report.umap) result["layout"] = umap_json(*report.umap);
  return nlohmann::json::parse(to_text(result));
}

/// The checksum of every matrix, by its name in obsm. Collective.
nlohmann::json digests_of(const comm::Communicator& comm, const Result& result, const std::string& method) {
  nlohmann::json digests = nlohmann::json::object();
  const auto add = [&](const std::string& name, base::MatrixView<const float> values) {
    digests[name] = io::digest_text(data::digest(comm, result.rows, values));
  };
  add("X_" + method, result.embedding);
  for (const io::NamedMatrix& matrix : result.state.matrices) add(matrix.name, matrix.values);
  return digests;
}

}  // namespace

void write_result(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                  const Result& result, Report& report, const std::function<void(const std::string&)>& draw) {
  output.withdraw_report(comm);
  const std::string method = config.method == Method::umap ? "umap" : "tsne";
  io::write_anndata(comm, output.anndata(),
                    {.rows = result.rows,
                     .embedding = result.embedding,
                     .labels = result.labels,
                     .inputs = config.input.files,
                     .parameters = provenance(report, result.state.numbers, digests_of(comm, result, method)),
                     .more = result.state.matrices,
                     .method = method,
                     .orientation = config.input.orientation()});
  report.files.push_back(output.anndata());
  io::write_npy(comm, output.npy(), result.rows, result.embedding);
  report.files.push_back(output.npy());
  draw(output.picture());
  report.files.push_back(output.picture());
}

}  // namespace fleetsne::run
