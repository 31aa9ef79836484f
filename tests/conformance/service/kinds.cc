// The services that the suite runs against.
#include "tests/conformance/service/fixture.h"

namespace pawl::testing {
namespace {

std::unique_ptr<Engine> open(Options options) {
  options.shards = 2;
  Result<std::unique_ptr<Engine>> engine = Engine::open(options);
  PAWL_ASSERT(engine.has_value(), "{}", engine.error().message);
  return *std::move(engine);
}

}  // namespace

std::vector<ServiceKind> service_kinds() {
  return {{.name = "engine_in_memory", .open = [](const TemporaryFolder&) { return open({}); }},
          {.name = "engine_on_rocksdb", .persistent = true, .open = [](const TemporaryFolder& folder) {
             return open({.data_dir = folder.path() / "data"});
           }}};
}

}  // namespace pawl::testing
