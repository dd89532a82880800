#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"

namespace fleetsne::plot {

/// A one-dimensional embedding as a picture can show it: every point keeps its place and stands somewhere
/// below the density there, so that the points fill the area under its curve evenly, whatever their labels.
/// The curve is at most 0.4 of the embedding's length high.
/// @param positions  local rows x 1
/// @param first      index of the first of them among all ranks' points, by which heights are chosen
/// @return           local rows x 2
/// @note Collective. The same for any number of ranks. Throws NumericalError on all ranks if a coordinate is
/// not finite.
base::Matrix<float> stand_below_density(const comm::Communicator& comm,
                                        base::MatrixView<const float> positions, base::GlobalIndex first);

}  // namespace fleetsne::plot
