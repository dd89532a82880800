# Read by project(): the compiler is an old one.
set(CMAKE_CXX_COMPILER_ID GNU)
set(CMAKE_CXX_COMPILER_VERSION 11.4.0)
