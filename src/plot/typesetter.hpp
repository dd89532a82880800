#pragma once

#include <pango/pango.h>

#include <memory>
#include <set>
#include <string>

namespace fleetsne::plot {

struct Unreference {
  void operator()(gpointer object) const { g_object_unref(object); }
};

/// A text as it stands on a picture: shaped, in one or more lines. Empty where the machine has no font.
class TextBlock {
 public:
  TextBlock() = default;
  explicit TextBlock(PangoLayout* layout);

  double width() const { return width_; }
  int lines() const { return layout_ ? pango_layout_get_line_count(layout_.get()) : 1; }
  /// The left edge and the first line's baseline from the layout's left top, in pixels.
  double left() const { return left_; }
  double baseline() const { return baseline_; }
  /// Pixels from the first line's baseline to the last one's.
  double drop() const { return drop_; }
  /// Adds the characters that no font has.
  void add_missing_characters(std::set<char32_t>& missing) const;
  /// Null where there is no font.
  PangoLayout* layout() const { return layout_.get(); }

 private:
  std::unique_ptr<PangoLayout, Unreference> layout_;
  double width_ = 0, left_ = 0, baseline_ = 0, drop_ = 0;
};

/// Sets text of any script in the machine's fonts: sans-serif, and for what that has not the first font that
/// does.
class Typesetter {
 public:
  Typesetter();

  /// Whether the machine has fonts at all. Without any every text is empty.
  bool has_fonts() const { return has_fonts_; }

  /// @param text    any bytes; what is not printable is replaced
  /// @param height  of the text, in pixels
  TextBlock line(const std::string& text, double height) const { return set(text, height, -1); }
  /// The same, broken into lines of at most `width` pixels.
  TextBlock paragraph(const std::string& text, double height, double width) const;

 private:
  TextBlock set(const std::string& text, double height, int width) const;
  std::unique_ptr<PangoContext, Unreference> context_;
  bool has_fonts_ = true;
};

}  // namespace fleetsne::plot
