#include "largest_message.hpp"

#include <mpi.h>

#include <algorithm>

namespace fleetsne::comm::testing {
namespace {

std::size_t largest = 0, messages = 0;

void count(int elements, MPI_Datatype type) {
  int bytes = 0;
  PMPI_Type_size(type, &bytes);
  largest = std::max(largest, static_cast<std::size_t>(elements) * static_cast<std::size_t>(bytes));
  ++messages;
}

}  // namespace

std::size_t largest_message() {
  return largest;
}
std::size_t message_count() {
  return messages;
}
void reset_messages() {
  largest = messages = 0;
}

}  // namespace fleetsne::comm::testing

using fleetsne::comm::testing::count;

extern "C" {

int MPI_Bcast(void* data, int elements, MPI_Datatype type, int root, MPI_Comm comm) {
  count(elements, type);
  return PMPI_Bcast(data, elements, type, root, comm);
}
int MPI_Allreduce(const void* send, void* receive, int elements, MPI_Datatype type, MPI_Op operation,
                  MPI_Comm comm) {
  count(elements, type);
  return PMPI_Allreduce(send, receive, elements, type, operation, comm);
}
int MPI_Reduce(const void* send, void* receive, int elements, MPI_Datatype type, MPI_Op operation, int root,
               MPI_Comm comm) {
  count(elements, type);
  return PMPI_Reduce(send, receive, elements, type, operation, root, comm);
}
int MPI_Isend(const void* data, int elements, MPI_Datatype type, int to, int tag, MPI_Comm comm,
              MPI_Request* request) {
  count(elements, type);
  return PMPI_Isend(data, elements, type, to, tag, comm, request);
}
int MPI_Irecv(void* data, int elements, MPI_Datatype type, int from, int tag, MPI_Comm comm,
              MPI_Request* request) {
  count(elements, type);
  return PMPI_Irecv(data, elements, type, from, tag, comm, request);
}
int MPI_Send_init(const void* data, int elements, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                  MPI_Request* request) {
  count(elements, type);
  return PMPI_Send_init(data, elements, type, to, tag, comm, request);
}
int MPI_Recv_init(void* data, int elements, MPI_Datatype type, int from, int tag, MPI_Comm comm,
                  MPI_Request* request) {
  count(elements, type);
  return PMPI_Recv_init(data, elements, type, from, tag, comm, request);
}
}
