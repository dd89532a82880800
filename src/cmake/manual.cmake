# The man pages and the completion that the program prints, in FOLDER:
#   cmake -DPROGRAM=FILE -DFOLDER=DIR -P manual.cmake
# A program that was built for another CPU cannot run here. Then there are none, and the build goes on.
set(run "${CMAKE_COMMAND}" -E env ASAN_OPTIONS=detect_leaks=0 "${PROGRAM}" help)
file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}/man1" "${FOLDER}/completions")

execute_process(COMMAND ${run} --commands OUTPUT_VARIABLE commands ERROR_VARIABLE said RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(NOTICE "No man pages and no completion are made (the program does not run here): ${said}")
  return()
endif()
string(REGEX MATCHALL "[^\n]+" commands "${commands}")
execute_process(COMMAND ${run} --man OUTPUT_FILE "${FOLDER}/man1/fleetsne.1" COMMAND_ERROR_IS_FATAL ANY)
foreach(command ${commands})
  execute_process(COMMAND ${run} --man ${command} OUTPUT_FILE "${FOLDER}/man1/fleetsne-${command}.1"
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND ${run} --completion bash OUTPUT_FILE "${FOLDER}/completions/fleetsne" COMMAND_ERROR_IS_FATAL ANY)
