# cpack -G DEB and cpack -G RPM in a build folder of the release preset: a package of what cmake --install puts in place.
#   cmake --preset release -DFLEETSNE_CPU=x86-64-v3 -DFLEETSNE_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr
#   cmake --build --preset release && (cd build/release && cpack -G DEB)
# The package is for the release of the distribution that it was built on: it depends on that one's Open MPI and HDF5.
# DEBFULLNAME and DEBEMAIL in the environment name who made the package.
set(CPACK_PACKAGE_NAME fleetsne)
set(CPACK_PACKAGE_VENDOR "The FleetSNE authors")
set(maker "$ENV{DEBFULLNAME}" "$ENV{DEBEMAIL}")
if("$ENV{DEBEMAIL}" STREQUAL "")
  set(maker "The FleetSNE authors" "fleetsne@fleetsne.invalid")
endif()
list(GET maker 0 maker_name)
list(GET maker 1 maker_mail)
set(CPACK_PACKAGE_CONTACT "${maker_name} <${maker_mail}>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "t-SNE and UMAP of millions of points on many machines")
set(CPACK_PACKAGE_DESCRIPTION
"FleetSNE embeds millions of points in two dimensions with t-SNE, or with UMAP
to compare. It is an MPI application, started by mpirun or Slurm: its ranks
share the points, the neighbor search, the affinities and one FFT grid for the
repulsive forces. It reads AnnData, NumPy, HDF5, zarr and tables, and writes an
AnnData file, a picture and a report.")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openmpi-bin, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openssh-client")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "slurm-client, bash-completion")

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE BSD-3-Clause)
set(CPACK_RPM_PACKAGE_GROUP "Applications/Engineering")
set(CPACK_RPM_PACKAGE_REQUIRES "openmpi, dejavu-sans-fonts")

# What a Debian package has to have: its copyright and its changes, and manual pages that are compressed.
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
find_program(GZIP_PROGRAM gzip)
if(GZIP_PROGRAM)
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/package")
  string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE "${PROJECT_BINARY_DIR}/package/changelog"
"fleetsne (${PROJECT_VERSION}) unstable; urgency=medium

  * Version ${PROJECT_VERSION}, built from its source tree.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
  install(CODE "
    set(made \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
    execute_process(COMMAND ${GZIP_PROGRAM} -9nc \"${PROJECT_BINARY_DIR}/package/changelog\"
      OUTPUT_FILE \"\${made}/${CMAKE_INSTALL_DOCDIR}/changelog.gz\" COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB pages \"\${made}/${CMAKE_INSTALL_MANDIR}/man1/fleetsne*.1\")
    foreach(page \${pages})
      execute_process(COMMAND ${GZIP_PROGRAM} -9nf \"\${page}\" COMMAND_ERROR_IS_FATAL ANY)
    endforeach()")
endif()
include(CPack)
