#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/report.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

/// What a run can go on from: numbers for uns, matrices for obsm; empty where there is nothing to go on from.
struct ResultState {
  nlohmann::json numbers;
  std::vector<io::NamedMatrix> matrices;
};

/// What a run has made, this rank's block in input order.
struct Result {
  data::RowDistribution rows;
  base::MatrixView<const float> embedding;
  const std::optional<data::Labels>& labels;
  ResultState state{};
};

/// Writes the three files that hold a result, embedding.h5ad, embedding.npy and, by `draw`, embedding.png,
/// and adds their names to the report. The report of an earlier run in the folder goes first.
/// @param draw  draws the picture of that path; collective
/// @note Collective. Throws IoError on all ranks.
void write_result(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                  const Result& result, Report& report, const std::function<void(const std::string&)>& draw);

}  // namespace fleetsne::run
