// Definitions: kept once by their hash, for ever.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

class Definitions : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Definitions, all_stores(), store_name);

TEST_P(Definitions, are_kept_by_their_hash) {
  const DefinitionPtr other = testing::define({testing::task("c")});
  EXPECT_EQ(stored_definition(store(), two_tasks()->hash()).error().code, ErrorCode::not_found);
  ASSERT_TRUE(shard.put(definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))));
  EXPECT_EQ(*stored_definition(store(), two_tasks()->hash()), to_canonical_json(*two_tasks()));
  EXPECT_EQ(stored_definition(store(), other->hash()).error().code, ErrorCode::not_found);
  ASSERT_TRUE(shard.put(definition_record(other->hash(), to_canonical_json(*other))));
  EXPECT_EQ(*stored_definition(store(), other->hash()), to_canonical_json(*other));
  EXPECT_EQ(*stored_definition(store(), two_tasks()->hash()), to_canonical_json(*two_tasks()));
}

TEST_P(Definitions, that_are_known_are_nothing_new) {
  const std::string canonical = to_canonical_json(*two_tasks());
  for (int times = 0; times < 3; ++times) {
    ASSERT_TRUE(shard.put(definition_record(two_tasks()->hash(), canonical)));
    if (times == 1) shard.acquire();
  }
  EXPECT_EQ(*stored_definition(store(), two_tasks()->hash()), canonical);
}

TEST_P(Definitions, stay_when_their_workflows_are_removed) {
  ASSERT_TRUE(shard.put(definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))));
  ASSERT_TRUE(shard.commit(Turn().create_and_end("w", {})));
  ASSERT_TRUE(shard.remove("w"));
  EXPECT_TRUE(stored_definition(store(), two_tasks()->hash()));
}

}  // namespace
}  // namespace pawl::conformance
