#pragma once

#include <cstddef>
#include <memory>

namespace fleetsne::base {

/// Asks the system for huge pages where the range holds whole ones: random reads of large arrays then miss
/// the page tables less often. A hint; nothing happens where the system has none.
void advise_huge_pages(void* data, std::size_t bytes) noexcept;

/// Gives the whole pages of the range back to the system before the memory is freed. What they held is lost.
void release_pages(void* data, std::size_t bytes) noexcept;

/// Memory for pieces that are kept together and freed together, in large segments with huge pages; only
/// what is written to takes room. Several threads may allocate at a time.
class Arena {
 public:
  Arena();
  ~Arena();
  Arena(Arena&&) noexcept;
  Arena& operator=(Arena&&) noexcept;

  /// `bytes` bytes, aligned to 64. Throws std::bad_alloc. An arena that was moved from may not be asked.
  std::byte* allocate(std::size_t bytes);
  /// Handed out so far, with what alignment took.
  std::size_t bytes() const;

 private:
  struct Segments;
  std::unique_ptr<Segments> segments_;
};

}  // namespace fleetsne::base
