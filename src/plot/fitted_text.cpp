#include "fitted_text.hpp"

#include "fleetsne/plot/abbreviate.hpp"
#include "fleetsne/plot/text.hpp"

namespace fleetsne::plot {

TextBlock fitted(const Typesetter& type, const std::string& text, const Room& room) {
  const std::string line = printable(text);
  return std::move(fitted(type, std::span(&line, 1), room).front());
}

std::vector<TextBlock> fitted(const Typesetter& type, std::span<const std::string> texts, const Room& room) {
  const auto set = [&](const std::string& text) { return type.paragraph(text, room.height, room.width); };
  std::vector<TextBlock> blocks;
  for (const std::string& text :
       abbreviated(texts, [&](const std::string& candidate) { return set(candidate).lines() <= room.lines; }))
    blocks.push_back(set(text));
  return blocks;
}

}  // namespace fleetsne::plot
