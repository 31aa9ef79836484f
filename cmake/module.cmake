# pawl_module(name DEPS lib...): the folder src/<name> as one library, pawl_<name>, that links only what it may include, and
# its *_test.cc as one test program, <name>_test.
function(pawl_module name)
  cmake_parse_arguments(arg "" "" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  add_library(pawl_${name} STATIC ${sources})
  target_include_directories(pawl_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(pawl_${name} PUBLIC ${arg_DEPS} PRIVATE pawl_options)

  if(PAWL_BUILD_TESTS AND tests)
    pawl_test(${name}_test SOURCES ${tests} DEPS pawl_${name} ${arg_TEST_DEPS})
  endif()
endfunction()

# What CI runs under sanitizers, too: where there are threads, processes, memory by hand, and what others wrote.
set(PAWL_SMOKE_TESTS base_test expression_test runners_test persistence_test orchestrator_test engine_test
                     durable_test capacity_test monitor_events_test engine_stop_test misuse_test policy_part_test
                     saga_test scenario_test histories_test sim_test crash_test monitor_test)
add_custom_target(smoke_tests)

# pawl_test(name SOURCES file... DEPS lib...): a GoogleTest program whose cases ctest runs one by one.
function(pawl_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gtest_main GTest::gmock ${PAWL_RAPIDCHECK} pawl_options)
  set(label full)
  if(name IN_LIST PAWL_SMOKE_TESTS)
    set(label smoke)
    add_dependencies(smoke_tests ${name})
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 LABELS ${label})
endfunction()

# pawl_stored_form(FILE.proto): the classes that protoc makes of it, compiled into the module it lies in. Ours to call, not
# to style: only its own warnings are off.
function(pawl_stored_form file)
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(name ${file} NAME_WE)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/${folder}/${name}.pb.cc ${CMAKE_CURRENT_BINARY_DIR}/${folder}/${name}.pb.h)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${folder})
  add_custom_command(
    OUTPUT ${made}
    COMMAND protobuf::protoc --cpp_out=${CMAKE_CURRENT_BINARY_DIR} -I ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${file}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file}
    VERBATIM)
  target_sources(pawl_${folder} PRIVATE ${made})
  set_source_files_properties(${made} PROPERTIES COMPILE_OPTIONS "-w")
  target_include_directories(pawl_${folder} SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(pawl_${folder} PUBLIC protobuf::libprotobuf-lite)
endfunction()
