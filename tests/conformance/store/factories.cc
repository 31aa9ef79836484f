#include "tests/conformance/store/row_store_fixture.h"

namespace pawl::conformance {

std::vector<StoreFactory> store_factories() {
  return {{.name = "memory", .make = make_memory_fixture}, {.name = "rocksdb", .make = make_rocksdb_fixture}};
}

}  // namespace pawl::conformance
