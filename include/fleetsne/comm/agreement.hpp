#pragma once

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/communicator.hpp"

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace fleetsne::comm {

/// An error that every rank has been told of and throws: rank 0 reports it, all leave in good order.
class AgreedError : public base::Error {
 public:
  using base::Error::Error;
};

/// Every rank says whether it failed; if any did, all throw the AgreedError of the lowest one that did.
/// Collective.
void agree_on_failure(const Communicator& comm, std::exception_ptr failure);

/// Runs `work` on every rank and returns what it returns; if it throws on any rank, it throws on all.
/// `work` must not call anything collective after a point where it may throw on some ranks only. Collective.
template <class Work>
auto agree(const Communicator& comm, Work&& work) {
  std::exception_ptr failure;
  if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
    try {
      std::forward<Work>(work)();
    } catch (...) {
      failure = std::current_exception();
    }
    agree_on_failure(comm, failure);
  } else {
    std::optional<std::invoke_result_t<Work>> result;
    try {
      result.emplace(std::forward<Work>(work)());
    } catch (...) {
      failure = std::current_exception();
    }
    agree_on_failure(comm, failure);
    return std::move(*result);
  }
}

/// Runs `work` on rank 0 only; if it throws, all ranks throw. Collective.
template <class Work>
void on_root(const Communicator& comm, Work&& work) {
  agree(comm, [&] {
    if (comm.rank() == 0) work();
  });
}

}  // namespace fleetsne::comm
