#include "fleetsne/sweep/status.hpp"

#include "fleetsne/io/json_file.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/report.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>

namespace fleetsne::sweep {
namespace {

using nlohmann::json;

constexpr std::array states{State::absent, State::begun,  State::stopped,
                            State::done,   State::failed, State::killed};

}  // namespace

const char* name_of(State state) {
  constexpr std::array names{"absent", "begun", "stopped", "done", "failed", "killed"};
  return names[static_cast<std::size_t>(state)];
}

Status read_status(const std::string& file) {
  const json found = io::read_json(file);
  try {
    Status status{.attempts = found.at("attempts").get<int>(),
                  .seconds = found.at("seconds").get<double>(),
                  .exit_code = found.at("exit_code").get<int>(),
                  .error = found.at("error").get<std::string>(),
                  .started = found.at("started").get<std::string>(),
                  .host = found.at("host").get<std::string>(),
                  .key = found.value("key", ""),
                  .sources = found.value("sources", "")};
    for (const State state : states)
      if (found.at("state") == name_of(state)) status.state = state;
    return status;
  } catch (const json::exception&) {
    return {};
  }
}

void write_status(const std::string& file, const Status& status) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw base::IoError(fmt::format("{} cannot be made ({}). Check the permissions and the room there",
                                    folder.string(), error.message()));
  const json text{{"state", name_of(status.state)},
                  {"attempts", status.attempts},
                  {"seconds", status.seconds},
                  {"exit_code", status.exit_code},
                  {"error", status.error},
                  {"started", status.started},
                  {"host", status.host},
                  {"key", status.key},
                  {"sources", status.sources}};
  io::write_text_file(file, run::to_text(text) + "\n");
}

base::Error error_of(const Status& status, const std::string& message) {
  for (const auto kind :
       {base::ErrorKind::usage, base::ErrorKind::input, base::ErrorKind::io, base::ErrorKind::numerical})
    if (status.exit_code == static_cast<int>(kind)) return {kind, message};
  return {base::ErrorKind::internal, message};
}

}  // namespace fleetsne::sweep
