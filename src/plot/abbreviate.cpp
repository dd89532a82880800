#include "fleetsne/plot/abbreviate.hpp"

#include "fleetsne/plot/text.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <memory>
#include <set>

namespace fleetsne::plot {
namespace {

constexpr const char* ellipsis = "\u2026";

using Fits = std::function<bool(const std::string&)>;

/// Without spaces at the ends.
std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// What a reader sees of a text: one normal form of letters and their accents, single spaces.
std::string look_of(const std::string& text) {
  const std::string line = printable(text);
  const std::unique_ptr<char, void (*)(void*)> composed(
      g_utf8_normalize(line.c_str(), static_cast<gssize>(line.size()), G_NORMALIZE_DEFAULT_COMPOSE), g_free);
  std::string look = trimmed(composed.get());
  look.erase(std::unique(look.begin(), look.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
             look.end());
  return look.empty() ? "(empty name)" : look;
}

/// A text by its letters.
class Letters {
 public:
  explicit Letters(const std::string& text) : text_(text), ends_(letter_ends(text)) {}
  std::size_t size() const { return ends_.size(); }
  std::string part(std::size_t first, std::size_t last) const {
    return text_.substr(end(first), end(last) - end(first));
  }
  /// How many letters both begin with.
  std::size_t common(const std::string& other) const {
    const auto differing = std::ranges::mismatch(text_, other).in1 - text_.begin();
    return static_cast<std::size_t>(std::ranges::upper_bound(ends_, static_cast<std::size_t>(differing)) -
                                    ends_.begin());
  }

 private:
  std::size_t end(std::size_t letters) const { return letters == 0 ? 0 : ends_[letters - 1]; }
  const std::string& text_;
  std::vector<std::size_t> ends_;
};

/// What is kept of a text.
struct Cut {
  std::string head, rest;
  bool reaches_end = false;

  std::string shown() const { return head + ellipsis + rest + (reaches_end || rest.empty() ? "" : ellipsis); }
  /// Whether a reader could take it for this text.
  bool stands_for(const std::string& text) const {
    if (!text.starts_with(head) || text.size() < head.size() + rest.size()) return false;
    return reaches_end ? text.ends_with(rest) : text.find(rest, head.size()) != std::string::npos;
  }
};

/// So many letters of a text, among them the one at `focus`; the last ones if that is its size.
Cut cut(const Letters& text, std::size_t focus, std::size_t letters) {
  const bool at_end = focus == text.size();
  const std::size_t head = at_end ? letters - 2 * letters / 5 : letters / 3, rest = letters - head;
  const std::size_t first = std::min(text.size() - rest, focus - std::min(focus, rest / 3));
  if (first <= head) return {trimmed(text.part(0, letters)), ""};
  return {trimmed(text.part(0, head)), trimmed(text.part(first, first + rest)), first + rest == text.size()};
}

/// As many letters as fit, with something behind them.
Cut widest_cut(const Letters& text, std::size_t focus, const std::string& behind, const Fits& fits) {
  std::size_t fitting = std::min<std::size_t>(1, text.size()), beyond = std::max<std::size_t>(2, text.size());
  while (beyond - fitting > 1) {
    const std::size_t middle = (fitting + beyond) / 2;
    (fits(cut(text, focus, middle).shown() + behind) ? fitting : beyond) = middle;
  }
  return cut(text, focus, fitting);
}

std::vector<std::string> others_of(const Cut& cut, std::span<const std::string> texts, std::size_t own) {
  std::vector<std::string> others;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (i != own && cut.stands_for(texts[i])) others.push_back(texts[i]);
  return others;
}

/// The cut that stands for this text alone, or a number behind one that does not.
std::string distinct_cut(std::span<const std::string> texts, std::size_t own, const Fits& fits,
                         const std::set<std::string>& taken) {
  const Letters letters(texts[own]);
  const Cut ends = widest_cut(letters, letters.size(), "", fits);
  const auto others = others_of(ends, texts, own);
  if (others.empty()) return ends.shown();
  std::set<std::size_t, std::greater<>> differences;
  for (const std::string& other : others) differences.insert(letters.common(other));
  for (const std::size_t difference : differences) {
    const Cut around = widest_cut(letters, difference, "", fits);
    if (others_of(around, texts, own).empty()) return around.shown();
  }
  for (int number = 1;; ++number) {
    const std::string behind = fmt::format(" ({})", number);
    const std::string shown = widest_cut(letters, letters.size(), behind, fits).shown() + behind;
    if (!taken.contains(shown)) return shown;
  }
}

}  // namespace

std::vector<std::string> told_apart(std::span<const std::string> texts) {
  std::vector<std::string> looks;
  std::set<std::string> taken;
  for (const std::string& text : texts) {
    const std::string look = look_of(text);
    std::string name = look;
    for (int number = 2; !taken.insert(name).second; ++number) name = fmt::format("{} ({})", look, number);
    looks.push_back(name);
  }
  return looks;
}

std::vector<std::string> abbreviated(std::span<const std::string> texts, const Fits& fits) {
  std::vector<std::string> shown;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    shown.push_back(fits(texts[i]) ? texts[i] : distinct_cut(texts, i, fits, taken));
    taken.insert(shown.back());
  }
  return shown;
}

}  // namespace fleetsne::plot
