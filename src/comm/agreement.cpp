#include "fleetsne/comm/agreement.hpp"

#include <new>
#include <string>

namespace fleetsne::comm {
namespace {

struct Failure {
  base::ErrorKind kind = base::ErrorKind::internal;
  std::string message;
};

Failure describe(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const base::Error& error) {
    return {error.kind(), error.what()};
  } catch (const std::bad_alloc&) {
    return {base::ErrorKind::io,
            "out of memory (a rank could not get what it asked for). Use more ranks on more nodes, fewer "
            "neighbours, "
            "or reduce the input with --input.pca"};
  } catch (const std::exception& error) {
    return {base::ErrorKind::internal, std::string("unexpected failure (") + error.what() +
                                           "). This is a bug in FleetSNE; please report it"};
  } catch (...) {
    return {base::ErrorKind::internal,
            "unexpected failure of unknown kind. This is a bug in FleetSNE; please report it"};
  }
}

}  // namespace

void agree_on_failure(const Communicator& comm, std::exception_ptr failure) {
  const int mine = failure ? comm.rank() : comm.size();
  const int first = comm.all_reduce(mine, Reduction::min);
  if (first == comm.size()) return;
  Failure what;
  if (comm.rank() == first) what = describe(failure);
  const int kind = comm.broadcast(static_cast<int>(what.kind), first);
  throw AgreedError(static_cast<base::ErrorKind>(kind), comm.broadcast(what.message, first));
}

}  // namespace fleetsne::comm
