#include "typesetter.hpp"

#include "fleetsne/plot/text.hpp"

#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::plot {
namespace {

struct Free {
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
  void operator()(PangoFontDescription* description) const { pango_font_description_free(description); }
  void operator()(PangoAttrList* attributes) const { pango_attr_list_unref(attributes); }
  void operator()(PangoLayoutIter* iterator) const { pango_layout_iter_free(iterator); }
};

int units(double pixels) {
  return static_cast<int>(std::lround(std::min(pixels, 1e6) * PANGO_SCALE));
}

double pixels(int units) {
  return static_cast<double>(units) / PANGO_SCALE;
}

double last_baseline(PangoLayout* layout) {
  const std::unique_ptr<PangoLayoutIter, Free> line(pango_layout_get_iter(layout));
  while (pango_layout_iter_next_line(line.get()) != 0) {
  }
  return pixels(pango_layout_iter_get_baseline(line.get()));
}

}  // namespace

TextBlock::TextBlock(PangoLayout* layout) : layout_(layout) {
  PangoRectangle logical;
  pango_layout_get_extents(layout, nullptr, &logical);
  width_ = pixels(logical.width);
  left_ = pixels(logical.x);
  baseline_ = pixels(pango_layout_get_baseline(layout));
  drop_ = last_baseline(layout) - baseline_;
}

void TextBlock::add_missing_characters(std::set<char32_t>& missing) const {
  if (pango_layout_get_unknown_glyphs_count(layout_.get()) == 0) return;
  const std::unique_ptr<PangoLayoutIter, Free> at(pango_layout_get_iter(layout_.get()));
  do {
    const PangoLayoutRun* run = pango_layout_iter_get_run_readonly(at.get());
    for (int g = 0; run != nullptr && g < run->glyphs->num_glyphs; ++g) {
      // Pango hands on the code point in the place of the glyph.
      const PangoGlyph glyph = run->glyphs->glyphs[g].glyph;
      if ((glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0) missing.insert(glyph & ~PANGO_GLYPH_UNKNOWN_FLAG);
    }
  } while (pango_layout_iter_next_run(at.get()) != 0);
}

Typesetter::Typesetter() {
  PangoFontMap* fonts = pango_cairo_font_map_get_default();
  context_.reset(pango_font_map_create_context(fonts));
  // Never in the colors of a screen's subpixels.
  const std::unique_ptr<cairo_font_options_t, Free> options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(context_.get(), options.get());
  // Pango lists families even where fontconfig has no font for them.
  const TextBlock probe = line("A", 10);
  has_fonts_ = pango_layout_get_unknown_glyphs_count(probe.layout()) == 0;
}

TextBlock Typesetter::paragraph(const std::string& text, double height, double width) const {
  return set(text, height, units(std::max(width, height)));
}

TextBlock Typesetter::set(const std::string& text, double height, int width) const {
  if (!has_fonts_) return {};
  PangoLayout* layout = pango_layout_new(context_.get());
  const std::string shown = printable(text);
  const std::unique_ptr<PangoFontDescription, Free> font(pango_font_description_new());
  pango_font_description_set_family_static(font.get(), "sans-serif");
  pango_font_description_set_absolute_size(font.get(), height * PANGO_SCALE);
  pango_layout_set_font_description(layout, font.get());
  // A hyphen that the name has not would be taken for a part of it.
  const std::unique_ptr<PangoAttrList, Free> attributes(pango_attr_list_new());
  pango_attr_list_insert(attributes.get(), pango_attr_insert_hyphens_new(FALSE));
  pango_layout_set_attributes(layout, attributes.get());
  pango_layout_set_single_paragraph_mode(layout, TRUE);
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_width(layout, width);
  pango_layout_set_text(layout, shown.c_str(), static_cast<int>(shown.size()));
  return TextBlock(layout);
}

}  // namespace fleetsne::plot
