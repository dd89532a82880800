# cmake --install: the program, its configs and batch scripts, its manual and completion, and what a user should read.
include(GNUInstallDirs)
install(TARGETS fleetsne RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fleetsne/configs FILES_MATCHING PATTERN "*.cfg")
file(GLOB batch_scripts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/jobs/*.sbatch")
install(PROGRAMS ${batch_scripts} jobs/batch.sh jobs/launcher.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/fleetsne/jobs)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY "${PROJECT_BINARY_DIR}/manual/man1" DESTINATION ${CMAKE_INSTALL_MANDIR} OPTIONAL)
install(DIRECTORY "${PROJECT_BINARY_DIR}/manual/completions" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion OPTIONAL)
