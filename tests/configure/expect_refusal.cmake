# Configures SOURCE in BINARY with ARGUMENTS and fails unless that is refused with a message that matches EXPECTED.
file(REMOVE_RECURSE "${BINARY}")
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY} -G Ninja -DFLEETSNE_TESTS=OFF ${ARGUMENTS}
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REGEX REPLACE "[ \n]+" " " text "${output}")  # messages are wrapped
if(code EQUAL 0)
  message(FATAL_ERROR "Configuring was not refused:\n${output}")
endif()
if(NOT text MATCHES "${EXPECTED}")
  message(FATAL_ERROR "The refusal does not match \"${EXPECTED}\":\n${output}")
endif()
file(REMOVE_RECURSE "${BINARY}")
