// A backup is the whole store as it was at one moment, and a store of its own.
#include <thread>

#include "tests/conformance/store/fixture.h"
#include "tests/support/temporary_folder.h"

namespace pawl::conformance {
namespace {

class Backups : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Backups, all_stores(), store_name);

class BackupFolder {
 public:
  [[nodiscard]] std::string path() const { return (folder_.path() / "copy").string(); }

 private:
  testing::TemporaryFolder folder_;
};

TEST_P(Backups, have_all_and_go_their_own_way) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create_and_end("over", {})));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "w"))));
  const BackupFolder folder;
  const Result<void> made = store().backup(folder.path());
  if (!made) {
    EXPECT_EQ(made.error().code, ErrorCode::invalid_state);
    EXPECT_EQ(fixture().open_backup(folder.path()), nullptr);
    return;
  }
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1)));
  const std::unique_ptr<Store> copied = fixture().open_backup(folder.path());
  ASSERT_NE(copied, nullptr);
  StoreShard copy(*copied);
  EXPECT_EQ(copy.live(), (Live{{"w", {{0, 1}}}}));
  EXPECT_EQ(copy.list(), std::vector<std::string>{"over"});
  EXPECT_TRUE(stored_snapshot(*copied, "w", "s"));
  ASSERT_TRUE(copy.commit(Turn().end("w", 1)));
  EXPECT_EQ(shard.live(), (Live{{"w", {{0, 1}, {1, 1}}}}));
}

// Each commit has an event of both: a copy has as many of one as of the other.
TEST_P(Backups, have_whole_commits_while_work_goes_on) {
  const BackupFolder folder;
  ASSERT_TRUE(shard.commit(Turn().create("w").create("v")));
  std::atomic<bool> done{false};
  std::uint64_t events = 1;
  std::thread worker([&] {
    for (; !done; ++events) ASSERT_TRUE(shard.commit(Turn().go_on("w", events).go_on("v", events)));
  });
  const Result<void> made = store().backup(folder.path());
  done = true;
  worker.join();
  EXPECT_EQ(shard.history("w").size(), events);
  if (!made) return;
  const std::unique_ptr<Store> copied = fixture().open_backup(folder.path());
  StoreShard copy(*copied);
  EXPECT_EQ(copy.history("w"), copy.history("v"));
}

}  // namespace
}  // namespace pawl::conformance
