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

# pawl_test(name SOURCES file... DEPS lib...): a GoogleTest program whose cases ctest runs one by one.
function(pawl_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gtest_main GTest::gmock ${PAWL_RAPIDCHECK} pawl_options)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
