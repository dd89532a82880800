#include "fleetsne/plot/figure.hpp"

#include "pen.hpp"

namespace fleetsne::plot {

std::vector<unsigned char> encode_png(const Picture& picture) {
  const Surface surface = make_surface(picture.width, picture.height);
  blit(picture.pixels, picture.width, picture.height, surface.get(), 0, 0);
  std::vector<unsigned char> bytes;
  const auto append = [](void* to, const unsigned char* from, unsigned int count) {
    // No exception may pass through cairo's C frames.
    try {
      auto& all = *static_cast<std::vector<unsigned char>*>(to);
      all.insert(all.end(), from, from + count);
      return CAIRO_STATUS_SUCCESS;
    } catch (...) {
      return CAIRO_STATUS_NO_MEMORY;
    }
  };
  expect_success(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

}  // namespace fleetsne::plot
