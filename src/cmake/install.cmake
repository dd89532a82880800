# cmake --install: the program, its configs, and what a user should read.
include(GNUInstallDirs)
install(TARGETS fleetsne RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fleetsne/configs FILES_MATCHING PATTERN "*.cfg")
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
