# pawl_batches(OUT name FILE...): what target `name` compiles instead of FILE...: files that each include PAWL_BATCH of them, so that
# the headers, three quarters of the time of a file alone, are read once for all of these. A batch names its files relative to
# the checkout, for ccache to know it again in another one. A file whose source property PAWL_ALONE is set is compiled by itself.
function(pawl_batches out name)
  if(PAWL_BATCH LESS_EQUAL 1)
    set(${out} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(alone)
  set(batches)
  set(text)
  set(count 0)
  foreach(file IN LISTS ARGN)
    get_source_file_property(is_alone ${file} PAWL_ALONE)
    if(is_alone)
      list(APPEND alone ${file})
    endif()
  endforeach()
  list(REMOVE_ITEM ARGN ${alone})
  list(LENGTH ARGN total)
  foreach(file IN LISTS ARGN)
    file(REAL_PATH ${file} file)
    file(RELATIVE_PATH file ${PROJECT_SOURCE_DIR} ${file})
    string(APPEND text "#include \"${file}\"\n")
    math(EXPR count "${count} + 1")
    math(EXPR in_batch "${count} % ${PAWL_BATCH}")
    if(in_batch EQUAL 0 OR count EQUAL total)
      list(LENGTH batches number)
      set(batch ${CMAKE_CURRENT_BINARY_DIR}/batches/${name}_${number}.cc)
      file(CONFIGURE OUTPUT ${batch} CONTENT "${text}" @ONLY)
      list(APPEND batches ${batch})
      set(text)
    endif()
  endforeach()
  set(${out} ${batches} ${alone} PARENT_SCOPE)
endfunction()

# pawl_module(name DEPS lib...): the folder src/<name> as one library, pawl_<name>, that links only what it may include, and
# its *_test.cc as one test program, <name>_test.
function(pawl_module name)
  cmake_parse_arguments(arg "" "" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  pawl_batches(batches pawl_${name} ${sources})
  add_library(pawl_${name} STATIC ${batches})
  target_include_directories(pawl_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(pawl_${name} PUBLIC ${arg_DEPS} PRIVATE pawl_options)

  if(PAWL_BUILD_TESTS AND tests)
    pawl_test(${name}_test SOURCES ${tests} DEPS pawl_${name} ${arg_TEST_DEPS})
  endif()
endfunction()

# What CI runs under sanitizers, too: where there are threads, processes, memory by hand, and what others wrote.
set(PAWL_SMOKE_TESTS base_test expression_test runners_test persistence_test orchestrator_test monitor_test
                     store_conformance_test service_conformance_test integration_engine_test scenario_test histories_test sim_test crash_test)
add_custom_target(smoke_tests)

# pawl_test(name SOURCES file... DEPS lib...): a GoogleTest program whose cases ctest runs one by one.
function(pawl_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  pawl_batches(batches ${name} ${arg_SOURCES})
  add_executable(${name} ${batches})
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
  # Before the module, so that it can be made by itself.
  add_custom_target(pawl_${folder}_stored_form DEPENDS ${made})
  add_dependencies(pawl_${folder} pawl_${folder}_stored_form)
  target_sources(pawl_${folder} PRIVATE ${made})
  set_source_files_properties(${made} PROPERTIES COMPILE_OPTIONS "-w")
  target_include_directories(pawl_${folder} SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(pawl_${folder} PUBLIC protobuf::libprotobuf-lite)
endfunction()
