#include "fleetsne/data/texts.hpp"

#include <numeric>

namespace fleetsne::data {

void Texts::add(std::string_view text) {
  lengths.push_back(static_cast<std::uint32_t>(text.size()));
  characters.insert(characters.end(), text.begin(), text.end());
}

std::vector<std::string_view> Texts::views() const {
  std::vector<std::string_view> result;
  result.reserve(lengths.size());
  std::size_t at = 0;
  for (const std::uint32_t length : lengths) {
    result.emplace_back(characters.data() + at, length);
    at += length;
  }
  return result;
}

Texts exchange(const comm::Communicator& comm, const Texts& texts, std::span<const std::size_t> send_counts,
               std::vector<std::size_t>& counts) {
  std::vector<std::size_t> characters;
  auto length = texts.lengths.begin();
  for (const std::size_t count : send_counts) {
    const auto end = length + static_cast<std::ptrdiff_t>(count);
    characters.push_back(std::accumulate(length, end, std::size_t{0}));
    length = end;
  }
  auto lengths = comm.exchange(std::span<const std::uint32_t>(texts.lengths), send_counts);
  counts = std::move(lengths.counts);
  return {std::move(lengths.values),
          comm.exchange(std::span<const char>(texts.characters), characters).values};
}

std::vector<std::string> all_gather(const comm::Communicator& comm, std::span<const std::string> texts) {
  Texts mine;
  for (const std::string& text : texts) mine.add(text);
  const Texts all{comm.all_gather(std::span<const std::uint32_t>(mine.lengths)).values,
                  comm.all_gather(std::span<const char>(mine.characters)).values};
  const auto views = all.views();
  return {views.begin(), views.end()};
}

}  // namespace fleetsne::data
