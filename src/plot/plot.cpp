#include "fleetsne/plot/plot.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/write.hpp"

namespace fleetsne::plot {

void plot_embedding(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                    const std::optional<data::Labels>& labels, const std::string& path,
                    const PlotConfig& config, base::Log& log) {
  const std::vector<unsigned char> png = render_embedding(comm, embedding, labels, config, log);
  comm::on_root(comm, [&] { io::write_binary_file(path, png); });
}

}  // namespace fleetsne::plot
