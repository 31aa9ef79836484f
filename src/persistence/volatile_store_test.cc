// The store of an engine in memory: whoever commits is answered at once, and nobody finds anything.
#include "persistence/volatile_store.h"

#include <gtest/gtest.h>

#include "tests/support/store_shard.h"

namespace pawl {
namespace {

TEST(VolatileStore, acknowledges_at_once_and_keeps_nothing) {
  VolatileStore store;
  StoreShard shard(store);
  EXPECT_FALSE(store.is_durable());
  EXPECT_TRUE(shard.put(definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))));
  shard.start(Turn().create("w"));
  EXPECT_EQ(shard.acknowledgements.order(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(shard.live().empty());
  EXPECT_TRUE(shard.list().empty());
  EXPECT_TRUE(shard.letters().empty());
  EXPECT_EQ(*store.contains("w"), false);
  EXPECT_EQ(store.read_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store.read_summary("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store.read_history("w", 0, 1).error().code, ErrorCode::not_found);
  EXPECT_EQ(stored_definition(store, two_tasks()->hash()).error().code, ErrorCode::not_found);
  EXPECT_EQ(store.plan_removal("w").error().code, ErrorCode::not_found);
  EXPECT_TRUE(store.release());
  EXPECT_TRUE(store.acquire().value().clean);
}

TEST(VolatileStore, refuses_what_is_made_to_be_kept) {
  VolatileStore store;
  EXPECT_EQ(store.backup("anywhere").error().code, ErrorCode::invalid_state);
}

}  // namespace
}  // namespace pawl
