#include "largest_transfer.hpp"

#include <dlfcn.h>
#include <hdf5.h>
#include <mpi.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>

namespace fleetsne::io::testing {
namespace {

Transfers taken, written;

void count(Transfers& transfers, std::size_t bytes) {
  transfers.largest = std::max(transfers.largest, bytes);
  ++transfers.calls;
}

/// The library's function that this binary has put its own before.
template <class Function>
Function next(const char* name, Function) {
  void* const found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function>(found);
}

}  // namespace

Transfers reads() {
  return taken;
}
Transfers writes() {
  return written;
}
void reset_transfers() {
  taken = written = {};
}

}  // namespace fleetsne::io::testing

using namespace fleetsne::io::testing;

extern "C" {

int gzread(gzFile file, voidp data, unsigned bytes) {
  count(taken, bytes);
  return next("gzread", gzread)(file, data, bytes);
}
herr_t H5Dread(hid_t dataset, hid_t type, hid_t memory, hid_t space, hid_t list, void* data) {
  const hssize_t elements = memory == H5S_ALL ? 1 : H5Sget_select_npoints(memory);
  count(taken, static_cast<std::size_t>(elements) * H5Tget_size(type));
  return next("H5Dread", H5Dread)(dataset, type, memory, space, list, data);
}
int MPI_File_write_at(MPI_File file, MPI_Offset offset, const void* data, int elements, MPI_Datatype type,
                      MPI_Status* status) {
  int bytes = 0;
  MPI_Type_size(type, &bytes);
  count(written, static_cast<std::size_t>(elements) * static_cast<std::size_t>(bytes));
  return PMPI_File_write_at(file, offset, data, elements, type, status);
}
}
