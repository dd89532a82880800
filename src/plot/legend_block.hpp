#pragma once

#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/theme.hpp"

#include "measures.hpp"
#include "pen.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace fleetsne::plot {

inline constexpr std::size_t most_columns = 3;

/// Entries of one line below each other in so many pixels.
std::size_t entries_in(int height, const Measures& measures);

/// A legend as it stands beside the panels: in as few columns as the height allows, names in up to three
/// lines.
class LegendBlock {
 public:
  /// @param legend  with at least one entry
  /// @param height  pixels that it has
  LegendBlock(const Typesetter& type, const Legend& legend, const Measures& measures, int height);

  double width() const { return width_; }
  void draw(Pen& pen, const Theme& theme, double x, double top) const;

 private:
  struct Row {
    Legend::Entry entry;
    TextBlock name;
  };
  struct Column {
    std::vector<Row> rows;
    double width = 0;
  };
  void fill_columns(std::span<const Legend::Entry> entries, std::vector<TextBlock> names, double height);
  /// Where names begin in a column.
  double name_indent() const { return 3.0 * measures_.swatch + mark_width_; }

  Measures measures_;
  std::vector<Column> columns_;
  TextBlock title_, remark_;
  double mark_width_ = 0;  // of the widest mark, with a gap
  double width_ = 0;
};

}  // namespace fleetsne::plot
