#include "fleetsne/base/contracts.hpp"
#include "fleetsne/plot/figure.hpp"

#include <algorithm>
#include <numeric>

namespace fleetsne::plot {

Legend legend_of(const std::string& title, std::span<const std::string> categories,
                 std::span<const std::int64_t> counts, const WithoutCategory& missing,
                 std::span<const Srgb> colors, std::size_t most) {
  FLEETSNE_EXPECT(categories.size() == counts.size() && colors.size() >= categories.size());
  std::vector<std::size_t> shown(categories.size());
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  std::erase_if(shown, [&](std::size_t c) { return counts[c] == 0; });
  Legend legend;
  legend.title = title;
  if (shown.size() > most) {
    legend.omitted = static_cast<std::int64_t>(shown.size() - most);
    std::stable_sort(shown.begin(), shown.end(),
                     [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
    shown.resize(most);
    std::sort(shown.begin(), shown.end());
  }
  for (const std::size_t c : shown)
    legend.entries.push_back({categories[c], colors[c], static_cast<std::int32_t>(c)});
  if (missing.count > 0) legend.entries.push_back({missing.name, missing.color, no_category});
  return legend;
}

}  // namespace fleetsne::plot
