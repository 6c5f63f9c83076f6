# For tests that speak gRPC in Python: BERTH_PYTHON_WITH_GRPC is an interpreter that has it, or empty.
set(BERTH_PYTHON_WITH_GRPC "")
foreach(python /usr/bin/python3 python3)
  execute_process(COMMAND ${python} -c "import grpc, google.protobuf"
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(NOT failed)
    set(BERTH_PYTHON_WITH_GRPC ${python})
    break()
  endif()
endforeach()
