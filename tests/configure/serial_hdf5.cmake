# Read by project(): the HDF5 of this machine is a serial build.
macro(find_package name)
  _find_package(${name} ${ARGN})
  if("${name}" STREQUAL "HDF5")
    set(HDF5_IS_PARALLEL FALSE)
  endif()
endmacro()
