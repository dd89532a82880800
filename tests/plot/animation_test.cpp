#include "fleetsne/plot/animation.hpp"

#include "fleetsne/plot/figure.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace fleetsne::plot {
namespace {

using Bytes = std::vector<unsigned char>;

std::uint32_t number(const Bytes& bytes, std::size_t at, int width = 4) {
  std::uint32_t value = 0;
  for (int i = 0; i < width; ++i) value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
  return value;
}

struct Chunk {
  std::string kind;
  Bytes data;
};

/// The chunks of a PNG, each with its length and sum checked.
std::vector<Chunk> parse(const Bytes& png) {
  std::vector<Chunk> chunks;
  std::size_t at = 8;
  while (at < png.size()) {
    const std::size_t length = number(png, at);
    EXPECT_LE(at + 12 + length, png.size());
    if (at + 12 + length > png.size()) break;
    const auto* begin = png.data() + at + 4;
    EXPECT_EQ(number(png, at + 8 + length), crc32(0, begin, static_cast<unsigned>(length + 4)));
    chunks.push_back({std::string(begin, begin + 4), Bytes(begin + 4, begin + 4 + length)});
    at += 12 + length;
  }
  EXPECT_EQ(at, png.size());
  return chunks;
}

Bytes picture(int size, Srgb color) {
  return encode_png({size, size, std::vector<Srgb>(static_cast<std::size_t>(size) * size, color)});
}

/// The compressed pixels of a picture, of all of its chunks.
Bytes pixels_of(const Bytes& png) {
  Bytes all;
  for (const Chunk& chunk : parse(png))
    if (chunk.kind == "IDAT") all.insert(all.end(), chunk.data.begin(), chunk.data.end());
  return all;
}

TEST(Animation, HoldsEveryFrameInOrder) {
  const std::vector<Bytes> frames{picture(300, {255, 0, 0}), picture(300, {0, 255, 0}),
                                  picture(300, {0, 0, 255})};
  const auto chunks = parse(assemble_animation(frames, {.frame_seconds = 0.25, .last_seconds = 3}));
  ASSERT_GE(chunks.size(), 8U);
  EXPECT_EQ(chunks.front().kind, "IHDR");
  EXPECT_EQ(chunks[1].kind, "acTL");
  EXPECT_EQ(number(chunks[1].data, 0), 3U);
  EXPECT_EQ(number(chunks[1].data, 4), 0U) << "for ever";
  EXPECT_EQ(chunks.back().kind, "IEND");

  std::uint32_t sequence = 0;
  std::vector<Bytes> found;
  std::vector<std::uint32_t> milliseconds;
  for (const Chunk& chunk : chunks) {
    if (chunk.kind == "fcTL") {
      ASSERT_EQ(chunk.data.size(), 26U);
      EXPECT_EQ(number(chunk.data, 0), sequence++);
      EXPECT_EQ(number(chunk.data, 4), 300U);
      EXPECT_EQ(number(chunk.data, 8), 300U);
      EXPECT_EQ(number(chunk.data, 12) + number(chunk.data, 16), 0U);
      milliseconds.push_back(number(chunk.data, 20, 2) * 1000 / number(chunk.data, 22, 2));
      found.emplace_back();
    } else if (chunk.kind == "IDAT") {
      ASSERT_EQ(found.size(), 1U) << "the first frame is what others see";
      found.back().insert(found.back().end(), chunk.data.begin(), chunk.data.end());
    } else if (chunk.kind == "fdAT") {
      ASSERT_GE(found.size(), 2U);
      EXPECT_EQ(number(chunk.data, 0), sequence++);
      found.back().insert(found.back().end(), chunk.data.begin() + 4, chunk.data.end());
    }
  }
  EXPECT_EQ(milliseconds, (std::vector<std::uint32_t>{250, 250, 3000}));
  ASSERT_EQ(found.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(found[i], pixels_of(frames[i])) << i;
}

TEST(Animation, OfOneFrameIsThatPicture) {
  const std::vector<Bytes> frames{picture(120, {1, 2, 3})};
  const auto film = assemble_animation(frames, {});
  EXPECT_EQ(pixels_of(film), pixels_of(frames[0]));
  EXPECT_EQ(number(parse(film)[1].data, 0), 1U);
}

TEST(Captions, AreTheNamesOfFilesForReaders) {
  EXPECT_EQ(frame_caption("out/snapshots/snapshot_00250.npy"), "snapshot 250");
  EXPECT_EQ(frame_caption("iteration-000.npy"), "iteration 0");
  EXPECT_EQ(frame_caption("/a/embedding0750.h5ad"), "embedding 750");
  EXPECT_EQ(frame_caption("stage-2-iteration-0100.npy"), "stage 2 iteration 100");
  EXPECT_EQ(frame_caption("750.npy"), "750");
  EXPECT_EQ(frame_caption("umap.csv"), "umap");
}

}  // namespace
}  // namespace fleetsne::plot
