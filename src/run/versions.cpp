#include "fleetsne/comm/environment.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/report.hpp"

#include <Eigen/Core>
#include <boost/version.hpp>
#include <fftw3.h>
#include <fmt/format.h>

namespace fleetsne::run {

nlohmann::json library_versions() {
  return {{"mpi", comm::mpi_library_version()},
          {"hdf5", io::hdf5_library_version()},
          {"fftw", std::string(fftwf_version)},
          {"boost",
           fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
          {"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          {"hnswlib", FLEETSNE_HNSWLIB_VERSION},
          {"openmp", fmt::format("{}.{}", _OPENMP / 100, _OPENMP % 100)},
          {"compiler", "g++ " __VERSION__}};
}

}  // namespace fleetsne::run
