// Dead letters: kept as long as the commits say, ordered, of one workflow or of all, from any of them on.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeadLetters : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, DeadLetters, all_stores(), store_name);

TEST_P(DeadLetters, are_kept_as_long_as_the_commits_say) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("w2").create("v")));
  EXPECT_THAT(shard.letters(), IsEmpty());
  ASSERT_TRUE(shard.commit(Turn().letters("w", 1, {.added = {"b", "a", "undo a"}}).letters("v", 1, {.added = {"a"}})));
  ASSERT_TRUE(shard.commit(Turn().letters("w2", 1, {.added = {"a"}})));
  EXPECT_THAT(shard.letters(), ElementsAre("v/a", "w/a", "w/undo a", "w/b", "w2/a"));
  EXPECT_THAT(shard.letters("w"), ElementsAre("w/a", "w/undo a", "w/b"));
  EXPECT_THAT(shard.letters("u"), IsEmpty());
  ASSERT_TRUE(shard.commit(Turn().letters("w", 2, {.added = {}, .removed = {"undo a"}})));
  EXPECT_THAT(shard.letters("w"), ElementsAre("w/a", "w/b"));
  ASSERT_TRUE(shard.commit(Turn().letters("w", 3, {.added = {"b"}, .removed = {}, .anew = true})));
  EXPECT_THAT(shard.letters(), ElementsAre("v/a", "w/b", "w2/a"));
  ASSERT_TRUE(shard.commit(Turn().letters("w", 4, {.added = {}, .removed = {}, .anew = true})));
  EXPECT_THAT(shard.letters(), ElementsAre("v/a", "w2/a"));
}

TEST_P(DeadLetters, are_read_from_any_of_them_on) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("v")));
  ASSERT_TRUE(shard.commit(Turn().letters("w", 1, {.added = {"a", "b", "undo a"}}).letters("v", 1, {.added = {"b"}})));
  const DeadLetterId first{.workflow = "w", .task = "a", .compensation = false};
  EXPECT_THAT(shard.letters("", &first, 2), ElementsAre("w/undo a", "w/b"));
  EXPECT_THAT(shard.letters("", &first, 1), ElementsAre("w/undo a"));
  EXPECT_THAT(shard.letters("w", &first), ElementsAre("w/undo a", "w/b"));
  EXPECT_THAT(shard.letters("", nullptr, 2), ElementsAre("v/b", "w/a"));
  // Also from one that is there no more.
  ASSERT_TRUE(shard.commit(Turn().letters("w", 2, {.added = {}, .removed = {"a"}})));
  EXPECT_THAT(shard.letters("", &first), ElementsAre("w/undo a", "w/b"));
  const DeadLetterId last{.workflow = "w", .task = "b", .compensation = false};
  EXPECT_THAT(shard.letters("", &last), IsEmpty());
}

TEST_P(DeadLetters, are_whole) {
  ASSERT_TRUE(shard.commit(Turn().create("v")));
  ASSERT_TRUE(shard.commit(Turn().letters("v", 1, {.added = {"a"}})));
  int count = 0;
  ASSERT_TRUE(store().scan_dead_letters(nullptr, "v", [&](const DeadLetter& letter) {
    const DeadLetter wanted = Turn::letter("v", "a");
    EXPECT_EQ(letter.id.workflow, "v");
    EXPECT_EQ(letter.name, wanted.name);
    EXPECT_EQ(letter.failed_at, wanted.failed_at);
    EXPECT_EQ(letter.attempts, 3U);
    EXPECT_EQ(letter.error.view(), wanted.error.view());
    ++count;
    return true;
  }));
  EXPECT_EQ(count, 1);
}

TEST_P(DeadLetters, stay_when_their_workflow_has_ended) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  ASSERT_TRUE(shard.commit(Turn().letters("w", 1, {.added = {"a"}})));
  ASSERT_TRUE(shard.commit(Turn().end("w", 2, {.state = WorkflowState::failed})));
  EXPECT_THAT(shard.letters(), ElementsAre("w/a"));
}

}  // namespace
}  // namespace pawl::conformance
