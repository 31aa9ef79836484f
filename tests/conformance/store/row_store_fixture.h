// The fixtures of RowStore: on rows in memory that a crash loses as a disk does, and on rows in RocksDB.
#pragma once

#include <memory>

#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {

std::unique_ptr<StoreFixture> make_memory_fixture();
std::unique_ptr<StoreFixture> make_rocksdb_fixture();

}  // namespace pawl::conformance
