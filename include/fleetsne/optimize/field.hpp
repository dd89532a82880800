#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/grid.hpp"
#include "fleetsne/optimize/optimize.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace fleetsne::optimize {

/// Bytes that this rank sent for the field.
struct FieldTraffic {
  std::int64_t grid = 0;        ///< charges and potentials: strips to slabs and back, the grid all-reduced,
                                ///< or (exact) the positions
  std::int64_t transposes = 0;  ///< between the transforms of a grid in slabs

  FieldTraffic& operator+=(const FieldTraffic& more) {
    grid += more.grid;
    transposes += more.transposes;
    return *this;
  }
};

/// The repulsive field of all points, of a kernel of `dof` degrees of freedom, in units of sqrt(dof). With
/// phi(y) = sum_j (1 + |y - y_j|^2)^-dof:
///   sum_j (y_i - y_j) (1 + |y_i - y_j|^2)^-(dof + 1) = -1/(2 dof) grad phi(y_i),   Z = sum_i phi(y_i) - N.
///                        [one potential: Delchevalerie et al. 2021; the sums: van der Maaten & Hinton 2008,
///                        eq. 5; dof: Kobak et al. 2019]
class Field {
 public:
  virtual ~Field() = default;

  /// @param positions  local rows x 2, all finite
  /// @param box        holds the points of all ranks; the same on all
  /// @param forces     local rows x 2, out: sum_j (y_i - y_j) (1 + |y_i - y_j|^2)^-(dof + 1) over all points
  /// of all ranks
  /// @return sum over local i of phi(y_i), the point itself (a 1) included
  /// @note Collective. Bitwise the same for the same ranks and threads. Allocates nothing, unless the grid or
  /// the part of it that a rank's points cover has outgrown what was there.
  virtual double compute(std::span<const float> positions, const Box& box, std::span<float> forces) = 0;

  /// The next call finds this grid at hand (fitting_grid). Without effect for another kernel or an exact sum.
  virtual void set_grid(const GridShape&) {}

  /// Of the last grid; zeros if there was none.
  virtual GridShape shape() const { return {}; }
  virtual bool shared_by_slabs() const { return false; }
  /// Since the beginning.
  virtual FieldTraffic traffic() const { return {}; }
};

/// By splines on a grid: O(N + G log G) work for G cells. `points` is the number of all ranks' points.
std::unique_ptr<Field> make_grid_field(const comm::Communicator& comm, std::int64_t points,
                                       GridSharing sharing, double dof = 1);

/// Over every pair, in float64: O(N^2 / ranks) work, O(N) memory on each. The oracle.
std::unique_ptr<Field> make_exact_field(const comm::Communicator& comm, double dof = 1);

}  // namespace fleetsne::optimize
