# fleetsne_room(NAME SOURCES ... LINKS ...): the library target of one room, fleetsne::NAME.
add_library(fleetsne_options INTERFACE)
target_compile_features(fleetsne_options INTERFACE cxx_std_20)
target_compile_options(fleetsne_options INTERFACE
  -march=${FLEETSNE_CPU} -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -fno-math-errno -fno-trapping-math)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns of its own headers: AVX-512's undefined registers (GCC bug 105593) and std::string (bug 105329).
  # clang-tidy still looks for uninitialised values.
  target_compile_options(fleetsne_options INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized -Wno-restrict)
endif()
target_compile_definitions(fleetsne_options INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
if(FLEETSNE_WERROR)
  target_compile_options(fleetsne_options INTERFACE -Werror)
endif()
if(FLEETSNE_SANITIZE)
  target_compile_options(fleetsne_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(fleetsne_options INTERFACE -fsanitize=address,undefined)
endif()
if(FLEETSNE_FUZZ)
  target_compile_options(fleetsne_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_include_directories(fleetsne_options INTERFACE "${PROJECT_SOURCE_DIR}/include")

function(fleetsne_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  if(ROOM_SOURCES)
    add_library(fleetsne_${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(fleetsne_${name} PUBLIC fleetsne_options ${ROOM_LINKS})
  else()
    add_library(fleetsne_${name} INTERFACE)
    target_link_libraries(fleetsne_${name} INTERFACE fleetsne_options ${ROOM_LINKS})
  endif()
  # Most of the time that these rooms' files take to compile goes into others' headers.
  if(FLEETSNE_UNITY AND ROOM_SOURCES AND "${ROOM_LINKS}" MATCHES "nlohmann_json")
    set_target_properties(fleetsne_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
  add_library(fleetsne::${name} ALIAS fleetsne_${name})
endfunction()
