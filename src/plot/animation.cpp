#include "fleetsne/plot/animation.hpp"

#include "fleetsne/base/contracts.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace fleetsne::plot {
namespace {

using Bytes = std::vector<unsigned char>;

constexpr std::size_t signature_bytes = 8, chunk_frame_bytes = 12;  // length, kind and sum around the data

void append(Bytes& bytes, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<unsigned char>(value >> shift));
}
void append(Bytes& bytes, std::uint16_t value) {
  for (const int shift : {8, 0}) bytes.push_back(static_cast<unsigned char>(value >> shift));
}

std::uint32_t number_at(std::span<const unsigned char> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

struct Chunk {
  std::string kind;
  std::span<const unsigned char> data;
};

std::vector<Chunk> chunks_of(std::span<const unsigned char> png) {
  std::vector<Chunk> chunks;
  for (std::size_t at = signature_bytes; at + chunk_frame_bytes <= png.size();) {
    const std::size_t length = number_at(png, at);
    FLEETSNE_EXPECT(at + chunk_frame_bytes + length <= png.size());
    const auto kind = png.subspan(at + 4, 4);
    chunks.push_back({std::string(kind.begin(), kind.end()), png.subspan(at + 8, length)});
    at += chunk_frame_bytes + length;
  }
  return chunks;
}

void append_chunk(Bytes& bytes, const std::string& kind, std::span<const unsigned char> data) {
  append(bytes, static_cast<std::uint32_t>(data.size()));
  const std::size_t summed = bytes.size();
  bytes.insert(bytes.end(), kind.begin(), kind.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  append(bytes, static_cast<std::uint32_t>(::crc32_z(0, bytes.data() + summed, bytes.size() - summed)));
}

/// The chunk that says of a frame where it stands (everywhere) and how long.
Bytes frame_control(std::uint32_t sequence, std::span<const unsigned char> header, double seconds) {
  Bytes data;
  append(data, sequence);
  data.insert(data.end(), header.begin(), header.begin() + 8);  // width and height
  append(data, std::uint32_t{0});
  append(data, std::uint32_t{0});
  append(data,
         static_cast<std::uint16_t>(std::lround(std::clamp(seconds, 0.0, longest_frame_seconds) * 1000)));
  append(data, std::uint16_t{1000});
  data.push_back(0);  // leave the frame as it is
  data.push_back(0);  // replace what was there
  return data;
}

}  // namespace

std::vector<unsigned char> assemble_animation(std::span<const std::vector<unsigned char>> pngs,
                                              const Timing& timing) {
  FLEETSNE_EXPECT(!pngs.empty());
  Bytes film(pngs[0].begin(), pngs[0].begin() + signature_bytes);
  std::uint32_t sequence = 0;
  std::span<const unsigned char> header;
  for (std::size_t frame = 0; frame < pngs.size(); ++frame) {
    const double seconds = frame + 1 == pngs.size() ? timing.last_seconds : timing.frame_seconds;
    bool begun = false;
    for (const Chunk& chunk : chunks_of(pngs[frame])) {
      if (chunk.kind == "IHDR") {
        if (frame > 0) {
          FLEETSNE_EXPECT(std::ranges::equal(chunk.data, header));
          continue;
        }
        header = chunk.data;
        append_chunk(film, chunk.kind, chunk.data);
        Bytes control;
        append(control, static_cast<std::uint32_t>(pngs.size()));
        append(control, std::uint32_t{0});  // for ever
        append_chunk(film, "acTL", control);
      } else if (chunk.kind == "IDAT") {
        if (!begun) append_chunk(film, "fcTL", frame_control(sequence++, header, seconds));
        begun = true;
        Bytes numbered;
        if (frame > 0) append(numbered, sequence++);
        numbered.insert(numbered.end(), chunk.data.begin(), chunk.data.end());
        append_chunk(film, frame == 0 ? "IDAT" : "fdAT", numbered);
      } else if (frame == 0 && chunk.kind != "IEND") {
        append_chunk(film, chunk.kind, chunk.data);
      }
    }
  }
  append_chunk(film, "IEND", {});
  return film;
}

std::string frame_caption(const std::string& file) {
  const std::string stem = std::filesystem::path(file).stem().string();
  const auto digit = [&](std::size_t i) { return std::isdigit(static_cast<unsigned char>(stem[i])) != 0; };
  std::string caption;
  for (std::size_t i = 0; i < stem.size(); ++i) {
    const bool first_digit = digit(i) && (i == 0 || !digit(i - 1));
    const bool letter_before = i > 0 && std::isalpha(static_cast<unsigned char>(stem[i - 1])) != 0;
    const bool apart = stem[i] == '_' || stem[i] == '-' || stem[i] == ' ';
    if ((apart || (first_digit && letter_before)) && !caption.empty() && caption.back() != ' ')
      caption += ' ';
    if (first_digit)
      while (stem[i] == '0' && i + 1 < stem.size() && digit(i + 1)) ++i;
    if (!apart) caption += stem[i];
  }
  return caption;
}

}  // namespace fleetsne::plot
