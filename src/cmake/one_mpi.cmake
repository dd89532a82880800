# MPI, HDF5 and FFTW-MPI must be of one MPI: linked together, two MPIs configure and link without a word and abort at run time.

# fleetsne_mpi_of(FILE RESULT): the file name of the MPI library that a shared library needs or is; empty for any other file.
function(fleetsne_mpi_of file result)
  set(${result} "" PARENT_SCOPE)
  if(NOT CMAKE_OBJDUMP OR NOT EXISTS "${file}")
    return()
  endif()
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p "${file}" OUTPUT_VARIABLE text ERROR_QUIET)
  if(text MATCHES "(SONAME|NEEDED) +(libmpi(ch)?\\.so[.0-9]*)")
    set(${result} "${CMAKE_MATCH_2}" PARENT_SCOPE)
  endif()
endfunction()

# fleetsne_expect_mpi(WHAT PACKAGE FILE...): refuses libraries that need another MPI than the one found.
function(fleetsne_expect_mpi what package)
  foreach(library ${MPI_C_LIBRARIES})
    fleetsne_mpi_of("${library}" ours)
    if(ours)
      break()
    endif()
  endforeach()
  foreach(file ${ARGN})
    fleetsne_mpi_of("${file}" theirs)
    if(ours AND theirs AND NOT ours STREQUAL theirs)
      message(FATAL_ERROR "${what} (${file}) was built with ${theirs}, and the MPI found is ${ours} "
                          "(linked together they would abort at run time). ${package}")
    endif()
  endforeach()
endfunction()
