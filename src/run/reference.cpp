#include "fleetsne/run/reference.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/read_scalars.hpp"
#include "fleetsne/run/continuation.hpp"
#include "fleetsne/run/invariance.hpp"
#include "fleetsne/run/metric_names.hpp"
#include "fleetsne/run/schedule.hpp"

#include "own_embedding.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace fleetsne::run {
namespace {

using neighbors::Metric;

constexpr double most_counted = 1e9;

/// What the run that made an embedding wrote down of itself.
class Record {
 public:
  explicit Record(const std::string& embedding) : path_(io::split_input(embedding).path) {}

  std::optional<double> number(const char* name) const { return io::find_scalar(path_, at(name)); }
  /// 0 if it is not there.
  std::size_t count(const char* name) const {
    const double found = number(name).value_or(0);
    if (!(found >= 0 && found <= most_counted && found == std::floor(found))) refuse(name, found, "count");
    return static_cast<std::size_t>(found);
  }
  [[noreturn]] void refuse(const char* name, double found, const char* what) const {
    throw base::InputError(
        fmt::format("{}: {} is {} (it is no {} that a run could have had: the file is damaged, or of another "
                    "program). Name another",
                    path_, at(name), found, what));
  }
  std::vector<std::string> texts(const char* name) const {
    return io::find_texts(path_, at(name)).value_or(std::vector<std::string>{});
  }
  /// False if it is not there.
  bool flag(const char* group, const char* name) const {
    const nlohmann::json found = io::read_group(path_, at(group));
    const auto value = found.find(name);
    return value != found.end() && value->is_boolean() && value->get<bool>();
  }
  std::string text(const char* name) const {
    const auto found = texts(name);
    return found.empty() ? "" : found.front();
  }

 private:
  static std::string at(const char* name) { return std::string("uns/tsne/") + name; }
  std::string path_;
};

/// Refuses an option that says something else than the embedding.
template <class T>
void expect_no_contradiction(const std::string& embedding, const char* option, const T& given,
                             const T& recorded) {
  if (given == recorded) return;
  throw base::UsageError(
      fmt::format("{} is {}, but {} was made with {} (its neighbours would be others). Leave {} out", option,
                  given, embedding, recorded, option));
}

/// What a record says goes to the header, beside what was given. On rank 0.
void take_record(const ReferenceConfig& config, ReferenceHeader& header) {
  const Record record(header.embedding);
  if (header.files.empty()) header.files = record.texts("config/input/files");
  if (record.flag("config/input", "transposed")) header.orientation = io::Orientation::columns;
  header.digest = record.text("input_digest");
  if (record.text("config/input/affinity").empty()) {  // else the affinities know, which are not here
    const std::size_t pca = record.count("config/input/pca");
    if (config.pca != 0 && pca != 0) expect_no_contradiction(header.embedding, "--pca", config.pca, pca);
    if (pca != 0) header.pca = pca;
    const std::string metric = record.text("config/neighbors/metric");
    const auto* known =
        std::ranges::find(metric_names, metric, [](const auto& named) { return std::string(named.first); });
    if (known != metric_names.end()) {
      if (config.metric)
        expect_no_contradiction(header.embedding, "--metric", std::string(name_of(*config.metric)), metric);
      header.metric = known->second;
    }
  }
  const double grid_dof =
      record.number("state/grid_step").value_or(0) > 0 ? record.number("state/grid_dof").value_or(0) : 0;
  const double dof = grid_dof > 0 ? grid_dof : record.number("config/optimize/dof").value_or(0);
  if (dof != 0) {
    if (!is_dof(dof)) record.refuse("config/optimize/dof", dof, "number of degrees of freedom");
    if (config.dof != 0) expect_no_contradiction(header.embedding, "--dof", config.dof, dof);
    header.dof = dof;
  }
}

/// The header goes to all ranks. Collective.
void share(const comm::Communicator& comm, ReferenceHeader& header) {
  struct Numbers {
    std::size_t pca;
    Metric metric;
    double dof;
    io::Orientation orientation;
  };
  const Numbers numbers =
      comm.broadcast(Numbers{header.pca, header.metric, header.dof, header.orientation}, 0);
  header.pca = numbers.pca;
  header.metric = numbers.metric;
  header.dof = numbers.dof;
  header.orientation = numbers.orientation;
  header.digest = comm.broadcast(header.digest, 0);
  header.files.resize(comm.broadcast(header.files.size(), 0));
  for (std::string& file : header.files) file = comm.broadcast(file, 0);
}

/// The inputs of the rows; where the embedding has named them and they are not there, that is said.
/// Collective.
std::vector<io::RowInput> inspect_rows(const comm::Communicator& comm, const ReferenceConfig& config,
                                       const ReferenceHeader& header) {
  try {
    return io::inspect_all_rows(comm, header.files, header.orientation);
  } catch (const comm::AgreedError& error) {
    if (!config.rows.empty()) throw;
    throw comm::AgreedError(
        error.kind(), fmt::format("{}\n{} names it (new points need their neighbours among the rows that it "
                                  "was made of). If these are elsewhere now, add --reference FILE",
                                  error.what(), header.embedding));
  }
}

}  // namespace

ReferenceHeader inspect_reference(const comm::Communicator& comm, const ReferenceConfig& config) {
  ReferenceHeader header{.embedding = io::embedding_inputs(comm, std::span(&config.embedding, 1)).front(),
                         .files = config.rows,
                         .pca = config.pca,
                         .metric = config.metric.value_or(Metric::euclidean),
                         .dof = config.dof > 0 ? config.dof : 1};
  const io::RowInput embedding =
      io::inspect_all_rows(comm, std::span(&header.embedding, 1), io::Orientation::embedding).front();
  comm::on_root(comm, [&] {
    if (header.embedding.ends_with("obsm/X_umap"))
      throw base::InputError(fmt::format(
          "{} is an embedding of UMAP (new points go into one of t-SNE). Name another", header.embedding));
    if (embedding.format == io::Format::hdf5) take_record(config, header);
    if (header.files.empty())
      throw base::UsageError(fmt::format(
          "{} does not say what it was made of (new points need their neighbours among those rows). Add "
          "--reference FILE",
          header.embedding));
  });
  share(comm, header);
  header.dimensions = static_cast<int>(embedding.columns);
  const auto inputs = inspect_rows(comm, config, header);
  for (const io::RowInput& input : inputs) header.rows += input.rows;
  header.columns = inputs.front().columns;
  comm::agree(comm, [&] {
    if (header.rows != embedding.rows)
      throw base::InputError(
          fmt::format("{} has {} points, and {} has {} rows (a point stands for a row). Name the rows that "
                      "it was made of "
                      "with --reference",
                      header.embedding, embedding.rows, fmt::join(header.files, ", "), header.rows));
  });
  return header;
}

ReferenceRows read_reference(const comm::Communicator& comm, const ReferenceHeader& header, base::Log& log) {
  auto read = io::read_rescaled_rows(comm, header.files, invariance_of(header.metric, header.pca > 0),
                                     {.log = &log, .orientation = header.orientation});
  ReferenceRows result{std::move(read.rows), std::move(read.rescaling), {}};
  const std::uint64_t digest = data::digest(comm, result.rows);
  comm::agree(comm, [&] {
    if (!header.digest.empty() && fmt::format("{:016x}", digest) != header.digest)
      throw base::InputError(
          fmt::format("{} was made of other rows than {} (their checksums differ). Name the rows that it was "
                      "made of with "
                      "--reference",
                      header.embedding, fmt::join(header.files, ", ")));
  });
  RowMatcher matcher(comm, io::inspect_all_rows(comm, header.files, header.orientation), header.rows, log);
  result.positions =
      two_columns(read_recorded(comm, std::span(&header.embedding, 1), matcher).front().view());
  return result;
}

}  // namespace fleetsne::run
