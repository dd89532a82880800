#pragma once

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/pages.hpp"

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

namespace fleetsne::base {

/// Memory aligned to a cache line (and to the widest vector register), in huge pages if it is large.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::size_t alignment = 64;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  static constexpr std::size_t large = std::size_t{4} << 20;
  T* allocate(std::size_t n) {
    void* data = ::operator new (n * sizeof(T), std::align_val_t{alignment});
    if (n * sizeof(T) >= large) advise_huge_pages(data, n * sizeof(T));
    return static_cast<T*>(data);
  }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete (p, std::align_val_t{alignment}); }
  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// Row-major matrix that somebody else owns: rows x columns, `stride` elements from row to row.
template <class T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, std::size_t rows, std::size_t columns, std::size_t stride)
      : data_(data), rows_(rows), columns_(columns), stride_(stride) {
    FLEETSNE_EXPECT(stride >= columns);
  }
  /// A view of mutable elements serves wherever a view of constant ones is asked for.
  operator MatrixView<const T>() const { return {data_, rows_, columns_, stride_}; }

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t stride() const { return stride_; }
  T* data() const { return data_; }
  std::span<T> row(std::size_t i) const {
    FLEETSNE_EXPECT(i < rows_);
    return {data_ + i * stride_, columns_};
  }
  T& operator()(std::size_t i, std::size_t j) const {
    FLEETSNE_EXPECT(i < rows_ && j < columns_);
    return data_[i * stride_ + j];
  }
  MatrixView middle_rows(std::size_t first, std::size_t count) const {
    FLEETSNE_EXPECT(first + count <= rows_);
    return {data_ + first * stride_, count, columns_, stride_};
  }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0, columns_ = 0, stride_ = 0;
};

/// Elements of padding that rows are rounded up to, so that distance kernels read whole vectors.
inline constexpr std::size_t row_padding = 16;

constexpr std::size_t padded(std::size_t columns) {
  return (columns + row_padding - 1) / row_padding * row_padding;
}

/// Row-major matrix that owns its elements; padding, where there is any, is always zero.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  /// rows x columns zeros, rows `stride` elements apart (default: no padding).
  Matrix(std::size_t rows, std::size_t columns, std::size_t stride)
      : data_(rows * stride, T{}), rows_(rows), columns_(columns), stride_(stride) {
    FLEETSNE_EXPECT(stride >= columns);
  }
  Matrix(std::size_t rows, std::size_t columns) : Matrix(rows, columns, columns) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t stride() const { return stride_; }
  T* data() { return data_.data(); }
  const T* data() const { return data_.data(); }
  MatrixView<T> view() { return {data_.data(), rows_, columns_, stride_}; }
  MatrixView<const T> view() const { return {data_.data(), rows_, columns_, stride_}; }
  operator MatrixView<T>() { return view(); }
  operator MatrixView<const T>() const { return view(); }
  std::span<T> row(std::size_t i) { return view().row(i); }
  std::span<const T> row(std::size_t i) const { return view().row(i); }
  T& operator()(std::size_t i, std::size_t j) { return view()(i, j); }
  const T& operator()(std::size_t i, std::size_t j) const { return view()(i, j); }
  /// All elements, padding included.
  std::span<T> elements() { return data_; }
  std::span<const T> elements() const { return data_; }

 private:
  AlignedVector<T> data_;
  std::size_t rows_ = 0, columns_ = 0, stride_ = 0;
};

/// rows x columns zeros whose rows are padded to whole vectors.
template <class T>
Matrix<T> padded_matrix(std::size_t rows, std::size_t columns) {
  return Matrix<T>(rows, columns, padded(columns));
}

}  // namespace fleetsne::base
