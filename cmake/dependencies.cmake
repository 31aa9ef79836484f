# The libraries Pawl stands on; `./dev setup` installs them. DESIGN: prefer a well-kept library to our own code.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Protobuf REQUIRED)
find_package(RocksDB REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(lua REQUIRED IMPORTED_TARGET lua5.4)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)

if(PAWL_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  find_library(PAWL_RAPIDCHECK rapidcheck REQUIRED)
endif()
