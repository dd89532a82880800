#pragma once

namespace fleetsne::io {

/// What the points of an input are in its matrix, as the tool that wrote it shows the matrix. (HDF5 files of
/// R, MATLAB and Octave hold it the other way round; where the file says whose it is, that is taken care of.)
enum class Orientation : int {
  rows,
  columns,
  embedding  ///< rows, or columns if there are only one or two rows, the axes
};

}  // namespace fleetsne::io
