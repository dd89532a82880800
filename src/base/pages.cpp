#include "fleetsne/base/pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

namespace fleetsne::base {
namespace {

constexpr std::size_t alignment = 64, segment_bytes = std::size_t{64} << 20;

/// The whole pages of a range.
struct WholePages {
  void* data;
  std::size_t bytes;
};

WholePages whole_pages(void* data, std::size_t bytes) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  const auto begin = (address + page - 1) / page * page, end = (address + bytes) / page * page;
  if (begin >= end) return {data, 0};
  return {static_cast<std::byte*>(data) + (begin - address), end - begin};
}

}  // namespace

void advise_huge_pages(void* data, std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  const WholePages pages = whole_pages(data, bytes);
  if (pages.bytes > 0) ::madvise(pages.data, pages.bytes, MADV_HUGEPAGE);
#endif
}

void release_pages(void* data, std::size_t bytes) noexcept {
  const WholePages pages = whole_pages(data, bytes);
  if (pages.bytes > 0) ::madvise(pages.data, pages.bytes, MADV_DONTNEED);
}

struct Arena::Segments {
  struct Segment {
    std::byte* data;
    std::size_t bytes, used;
  };
  std::mutex mutex;
  std::vector<Segment> all;
  std::size_t allocated = 0;

  Segments() = default;
  Segments(const Segments&) = delete;
  Segments& operator=(const Segments&) = delete;
  ~Segments() {
    for (const Segment& segment : all) ::munmap(segment.data, segment.bytes);
  }
  void add(std::size_t at_least) {
    all.reserve(all.size() + 1);
    const std::size_t bytes = std::max(segment_bytes, at_least);
    void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    advise_huge_pages(data, bytes);
    all.push_back({static_cast<std::byte*>(data), bytes, 0});
  }
};

Arena::Arena() : segments_(std::make_unique<Segments>()) {}
Arena::~Arena() = default;
Arena::Arena(Arena&&) noexcept = default;
Arena& Arena::operator=(Arena&&) noexcept = default;

std::byte* Arena::allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  const std::scoped_lock lock(segments_->mutex);
  if (segments_->all.empty() || segments_->all.back().bytes - segments_->all.back().used < rounded)
    segments_->add(rounded);
  auto& segment = segments_->all.back();
  std::byte* result = segment.data + segment.used;
  segment.used += rounded;
  segments_->allocated += rounded;
  return result;
}

std::size_t Arena::bytes() const {
  return segments_ ? segments_->allocated : 0;
}

}  // namespace fleetsne::base
