#include "fleetsne/run/search_parts.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/partial_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;

struct Name {
  int step = 0, rank = 0, ranks = 0;

  std::string text() const { return fmt::format("search-{:06}-{:06}-of-{:06}.h5", step, rank, ranks); }
};

std::optional<Name> parse(const std::string& name) {
  Name found;
  if (std::sscanf(name.c_str(), "search-%d-%d-of-%d.h5", &found.step, &found.rank, &found.ranks) != 3 ||
      found.text() != name)
    return std::nullopt;
  return found;
}

std::vector<Name> list(const std::string& folder) {
  std::vector<Name> names;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error))
    if (const auto name = parse(file->path().filename().string())) names.push_back(*name);
  return names;
}

/// The newest step of which all files are there: its number and ranks; 0 ranks if there is none.
Name newest(const std::vector<Name>& names) {
  std::map<std::pair<int, int>, int> files;
  for (const Name& name : names) ++files[{name.step, name.ranks}];
  Name found;
  for (const auto& [step, count] : files)
    if (count == step.second) found = {.step = step.first, .ranks = step.second};
  return found;
}

std::string path_in(const std::string& folder, const Name& name) {
  return (fs::path(folder) / name.text()).string();
}

}  // namespace

SearchParts::SearchParts(const std::string& checkpoint)
    : folder_((fs::path(checkpoint) / "neighbors").string()) {}

std::optional<io::PartHeader> SearchParts::find(
    const comm::Communicator& comm, base::Log& log,
    const std::function<void(const std::string& file, const nlohmann::json& about)>& expect_own) const {
  Name name;
  comm::on_root(comm, [&] { name = newest(list(folder_)); });
  name = comm.broadcast(name, 0);
  if (name.ranks == 0) return std::nullopt;
  if (name.ranks != comm.size()) {
    log.info(
        fmt::format("{} holds a search for neighbours by {} ranks, which is of no use to {}: it begins anew",
                    folder_, name.ranks, comm.size()));
    return std::nullopt;
  }
  name.rank = comm.rank();
  try {
    return comm::agree(comm, [&] {
      const std::string path = path_in(folder_, name);
      io::PartHeader header = io::inspect_part(path);
      expect_own(path, header.about);
      io::verify_part(header);
      return header;
    });
  } catch (const comm::AgreedError& error) {
    if (error.kind() != base::ErrorKind::input) throw;
    log.warn(fmt::format("{}. The search begins anew", error.what()));
    return std::nullopt;
  }
}

void SearchParts::keep(const comm::Communicator& comm, std::span<const neighbors::Part> parts,
                       const nlohmann::json& about) const {
  Name name{.ranks = comm.size()};
  comm::on_root(comm, [&] {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error)
      throw base::IoError(fmt::format("{} cannot be made ({}). Check the permissions and the room there",
                                      folder_, error.message()));
    io::remove_partials(folder_);
    for (const Name& old : list(folder_)) name.step = std::max(name.step, old.step);
    ++name.step;
  });
  name = comm.broadcast(name, 0);
  name.rank = comm.rank();
  const std::string path = path_in(folder_, name);
  try {
    comm::agree(comm, [&] {
      std::vector<io::NamedBytes> bytes;
      for (const neighbors::Part& part : parts) bytes.push_back({part.name, part.bytes});
      io::write_part(path, bytes, about);
    });
  } catch (const comm::AgreedError&) {
    std::error_code ignored;
    fs::remove(path, ignored);  // without all others it is of no use
    throw;
  }
  comm::on_root(comm, [&] {
    std::error_code ignored;
    for (const Name& old : list(folder_))
      if (old.step != name.step || old.ranks != name.ranks) fs::remove(path_in(folder_, old), ignored);
  });
}

bool SearchParts::any() const {
  return !list(folder_).empty();
}

void SearchParts::remove() const {
  std::error_code ignored;
  for (const Name& name : list(folder_)) fs::remove(path_in(folder_, name), ignored);
  io::remove_partials(folder_);
  fs::remove(folder_, ignored);
}

}  // namespace fleetsne::run
