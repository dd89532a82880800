#pragma once

namespace fleetsne::base {

/// Says which contract was broken and where, and ends the process (a bug: no rank can repair it).
[[noreturn]] void contract_broken(const char* kind, const char* condition, const char* file, int line);

}  // namespace fleetsne::base

/// Preconditions and postconditions: checked in the dev and asan presets, free in release.
#ifdef FLEETSNE_CONTRACTS
#define FLEETSNE_CONTRACT(kind, condition) \
  ((condition) ? void() : ::fleetsne::base::contract_broken(kind, #condition, __FILE__, __LINE__))
#else
#define FLEETSNE_CONTRACT(kind, condition) (static_cast<void>(sizeof(!(condition))))
#endif
#define FLEETSNE_EXPECT(condition) FLEETSNE_CONTRACT("precondition", condition)
#define FLEETSNE_ENSURE(condition) FLEETSNE_CONTRACT("postcondition", condition)
