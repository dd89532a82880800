#pragma once

#include <algorithm>
#include <cstddef>

namespace fleetsne::base {

/// Bytes of the widest vector register of the CPU that is built for.
#if defined(__AVX512F__)
inline constexpr std::size_t register_bytes = 64;
#elif defined(__AVX__)
inline constexpr std::size_t register_bytes = 32;
#else
inline constexpr std::size_t register_bytes = 16;
#endif

template <class T>
inline constexpr std::size_t register_lanes = register_bytes / sizeof(T);

/// A GCC vector of N numbers that lies at any address. No wider than a register: what is wider the
/// compiler takes apart through memory, at some twenty times the cost.
template <class T, std::size_t N = register_lanes<T>>
struct VectorOf {
  static_assert(N * sizeof(T) <= register_bytes);
  typedef T type __attribute__((vector_size(N * sizeof(T)), aligned(sizeof(T)), may_alias));
};
template <class T, std::size_t N = register_lanes<T>>
using Vector = typename VectorOf<T, N>::type;

template <class T>
[[gnu::always_inline]] inline Vector<T> load_vector(const T* from) {
  return *reinterpret_cast<const Vector<T>*>(from);
}
template <class T>
[[gnu::always_inline]] inline void store_vector(T* to, Vector<T> vector) {
  *reinterpret_cast<Vector<T>*>(to) = vector;
}

/// N numbers that are computed with at once: in one register, or in as many of `Width` lanes as it takes.
template <class T, std::size_t N, std::size_t Width = std::min(N, register_lanes<T>)>
class Lanes {
 public:
  static constexpr std::size_t registers = N / Width;
  using Register = Vector<T, Width>;
  static_assert(N % Width == 0);

  static Lanes load(const T* from) {
    Lanes lanes;
    lanes.each(
        [&](Register& part, std::size_t r) { part = *reinterpret_cast<const Register*>(from + r * Width); });
    return lanes;
  }
  void store(T* to) const {
    for (std::size_t r = 0; r < registers; ++r) *reinterpret_cast<Register*>(to + r * Width) = parts_[r];
  }
  T operator[](std::size_t lane) const { return parts_[lane / Width][lane % Width]; }
  const Register& part(std::size_t r) const { return parts_[r]; }

  Lanes& operator+=(const Lanes& other) {
    return each([&](Register& part, std::size_t r) { part += other.parts_[r]; });
  }
  Lanes& operator-=(const Lanes& other) {
    return each([&](Register& part, std::size_t r) { part -= other.parts_[r]; });
  }
  Lanes& operator*=(const Lanes& other) {
    return each([&](Register& part, std::size_t r) { part *= other.parts_[r]; });
  }
  Lanes& operator*=(T factor) {
    return each([&](Register& part, std::size_t) { part *= factor; });
  }
  friend Lanes operator+(Lanes a, const Lanes& b) { return a += b; }
  friend Lanes operator-(Lanes a, const Lanes& b) { return a -= b; }
  friend Lanes operator*(Lanes a, const Lanes& b) { return a *= b; }
  friend Lanes operator*(Lanes a, T factor) { return a *= factor; }

  /// The lanes without their signs.
  Lanes magnitudes() const {
    Lanes result = *this;
    return result.each([](Register& part, std::size_t) { part = part < 0 ? -part : part; });
  }

  /// The first half of the lanes plus the second.
  Lanes<T, N / 2> folded() const {
    Lanes<T, N / 2> sum;
    if constexpr (registers > 1) {
      for (std::size_t r = 0; r < registers / 2; ++r) sum.parts_[r] = parts_[r] + parts_[r + registers / 2];
    } else if constexpr (N == 16) {
      sum.parts_[0] = __builtin_shufflevector(parts_[0], parts_[0], 0, 1, 2, 3, 4, 5, 6, 7) +
                      __builtin_shufflevector(parts_[0], parts_[0], 8, 9, 10, 11, 12, 13, 14, 15);
    } else if constexpr (N == 8) {
      sum.parts_[0] = __builtin_shufflevector(parts_[0], parts_[0], 0, 1, 2, 3) +
                      __builtin_shufflevector(parts_[0], parts_[0], 4, 5, 6, 7);
    } else {
      static_assert(N == 4);
      sum.parts_[0] = __builtin_shufflevector(parts_[0], parts_[0], 0, 1) +
                      __builtin_shufflevector(parts_[0], parts_[0], 2, 3);
    }
    return sum;
  }

 private:
  template <class, std::size_t, std::size_t>
  friend class Lanes;
  template <class Visit>
  Lanes& each(Visit&& visit) {
    for (std::size_t r = 0; r < registers; ++r) visit(parts_[r], r);
    return *this;
  }
  Register parts_[registers]{};
};

}  // namespace fleetsne::base
