# How everything is compiled: C++23, many warnings, all of them errors; ccache and mold where the machine has them.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(pawl_options INTERFACE)
target_compile_options(pawl_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Wrong in g++ 12 (bugs 105562 and 105651): the moved-from half of std::expected "uninitialised", std::string joins "overlapping".
  target_compile_options(pawl_options INTERFACE -Wno-maybe-uninitialized -Wno-subobject-linkage -Wno-restrict)
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Whether what a mutex guards is touched only while it is held: base/thread_annotations.h. An error, as all warnings are.
  target_compile_options(pawl_options INTERFACE -Wthread-safety -Wthread-safety-beta)
endif()

if(PAWL_SANITIZE)
  add_compile_options(-fsanitize=${PAWL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PAWL_SANITIZE})
  add_compile_definitions(PAWL_SANITIZED)  # for tests that would take ten times as long, and find no more
endif()

if(PAWL_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)  # so that the fuzzer sees which branches an input reaches
endif()

find_program(PAWL_CCACHE ccache)
if(PAWL_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PAWL_CCACHE})
endif()
find_program(PAWL_MOLD mold)
if(PAWL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
