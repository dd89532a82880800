#include "fleetsne/run/picture.hpp"

#include "fleetsne/plot/line.hpp"

namespace fleetsne::run {

void draw_embedding(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                    const data::RowDistribution& rows, const std::optional<data::Labels>& labels,
                    const std::string& path, const plot::PlotConfig& config, base::Log& log) {
  if (embedding.columns() == 2) return plot::plot_embedding(comm, embedding, labels, path, config, log);
  const base::Matrix<float> standing = plot::stand_below_density(comm, embedding, rows.begin(comm.rank()));
  plot::plot_embedding(comm, standing.view(), labels, path, config, log);
}

}  // namespace fleetsne::run
