// A grid that ranks share is set up by a rank whose partner never comes: FFTW plans transpositions together.
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"
#include "fleetsne/comm/patience.hpp"
#include "fleetsne/optimize/field.hpp"

#include <unistd.h>

#include <vector>

int main(int argc, char** argv) {
  const fleetsne::comm::Environment environment(argc, argv);
  const auto comm = fleetsne::comm::Communicator::world();
  const auto field = fleetsne::optimize::make_grid_field(comm, 2, fleetsne::optimize::GridSharing::slab);
  fleetsne::comm::set_patience(2, comm.rank());
  comm.barrier();
  if (comm.rank() == 1) ::pause();
  const std::vector<float> point{0, 0};
  std::vector<float> force(2);
  field->compute(point, {-1, 1, -1, 1}, force);
  return 0;
}
