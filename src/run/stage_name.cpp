#include "fleetsne/run/schedule.hpp"

namespace fleetsne::run {

bool is_stage_name(const std::string& name) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return !name.empty() && name.find_first_not_of(plain) == std::string::npos;
}

}  // namespace fleetsne::run
