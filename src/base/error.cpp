#include "fleetsne/base/error.hpp"

#include "fleetsne/base/contracts.hpp"

#include <cstdio>
#include <cstdlib>

namespace fleetsne::base {

void contract_broken(const char* kind, const char* condition, const char* file, int line) {
  std::fprintf(stderr, "fleetsne: %s broken: %s (%s:%d). This is a bug in FleetSNE; please report it.\n",
               kind, condition, file, line);
  std::abort();
}

}  // namespace fleetsne::base
