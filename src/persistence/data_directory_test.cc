// A data directory belongs to one process, holds nothing but data, and can be copied while it is used.
#include "persistence/data_directory.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "persistence/data_check.h"
#include "persistence/keys.h"
#include "persistence/store_harness_test.h"
#include "tests/support/running_program.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DataDirectory : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "data") const { return (folder.path() / name).string(); }

  static Result<void> commit(Store& store, Epoch epoch, const Turn& turn) {
    Acknowledgements told;
    store.commit({.epoch = epoch, .sequence = 1, .workflows = turn.commits()}, told);
    store.help();
    return told.of(1);
  }
  // One with a workflow `w` in it.
  void fill(const std::string& where) {
    const auto store = *open_data_directory(where, {.own_threads = false});
    ASSERT_TRUE(store->put_definition(two_tasks()->hash(), to_canonical_json(*two_tasks())));
    ASSERT_TRUE(commit(*store, store->acquire().value().epoch, Turn().create("w")));
  }
  static void expect_refused(const std::string& where, ErrorCode code, const std::string& says) {
    const auto store = open_data_directory(where, {});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, code);
    EXPECT_THAT(store.error().message, HasSubstr(says));
    EXPECT_THAT(store.error().message, HasSubstr(where));
  }

  testing::TemporaryFolder folder;
};

TEST_F(DataDirectory, is_made_for_its_owner_only) {
  const auto store = open_data_directory(path("some/where/data"), {});
  ASSERT_TRUE(store) << describe(store.error());
  EXPECT_EQ(fs::status(path("some/where/data")).permissions(), fs::perms::owner_all);
}

TEST_F(DataDirectory, may_be_an_empty_folder_and_have_a_slash_at_its_end) {
  fs::create_directory(path());
  EXPECT_TRUE(open_data_directory(path() + "/", {}));
  EXPECT_TRUE(open_data_directory(path("new") + "/", {}));
  EXPECT_TRUE(open_data_directory(path(), {}));
}

TEST_F(DataDirectory, keeps_its_contents) {
  fill(path());
  const auto store = *open_data_directory(path(), {});
  EXPECT_TRUE(*store->contains("w"));
  EXPECT_TRUE(store->is_durable());
}

// Rows that are removed as ones that were put once must have been: an older one would come to light.
TEST_F(DataDirectory, brings_no_row_back_that_was_removed) {
  const auto again = [&](const Turn& turn) {
    const auto store = *open_data_directory(path(), {.own_threads = false});
    ASSERT_TRUE(commit(*store, store->acquire().value().epoch, turn));
  };
  again(Turn().create("w"));
  again(Turn().revive("w", 1).end("v", 1));
  {
    const auto store = *open_data_directory(path(), {.own_threads = false});
    const Epoch epoch = store->acquire().value().epoch;
    ASSERT_TRUE(commit(*store, epoch, Turn().revive("w", 2)));
    ASSERT_TRUE(commit(*store, epoch, Turn().end("w", 3)));
  }
  for (int round = 0; round < 8; ++round) {  // files are merged
    again(Turn().create("x" + std::to_string(round)));
    const auto store = *open_data_directory(path(), {.own_threads = false});
    EXPECT_TRUE(store->read_workflow("w").value().ended);
  }
}

TEST_F(DataDirectory, refuses_a_second_user_and_says_who_the_first_is) {
  auto store = open_data_directory(path(), {});
  ASSERT_TRUE(store);
  expect_refused(path(), ErrorCode::unavailable, "is in use by process " + std::to_string(::getpid()));
  expect_refused(path(), ErrorCode::unavailable, "persistence_test");  // its command line
  EXPECT_EQ(check_data_directory(path()).error().code, ErrorCode::unavailable);
  store->reset();
  EXPECT_TRUE(open_data_directory(path(), {}));
}

TEST_F(DataDirectory, is_free_when_its_user_is_gone_whatever_the_lock_says) {
  fs::create_directory(path());
  std::ofstream(path() + "/lock") << "1\n2020-01-01T00:00:00.000Z\n";
  EXPECT_TRUE(open_data_directory(path(), {}));
}

TEST_F(DataDirectory, refuses_a_file) {
  folder.write("data", "text");
  expect_refused(path(), ErrorCode::invalid_argument, "is a file");
  expect_refused(path("data/below"), ErrorCode::invalid_argument, "Not a directory");
}

TEST_F(DataDirectory, refuses_a_folder_with_other_files_and_leaves_it_alone) {
  fs::create_directory(path());
  std::ofstream(path() + "/holiday.jpg") << "x";
  expect_refused(path(), ErrorCode::invalid_argument, "holiday.jpg");
  EXPECT_EQ(std::distance(fs::directory_iterator(path()), fs::directory_iterator()), 1);
}

TEST_F(DataDirectory, refuses_what_it_may_not_write) {
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", MS_RDONLY, "size=1m") != 0)
    GTEST_SKIP() << "cannot mount a disk that is read only: needs root";
  expect_refused(path(), ErrorCode::permission_denied, "Read-only file system");
  expect_refused(folder.path().string(), ErrorCode::permission_denied, "Read-only file system");
  ::umount(folder.path().c_str());
}

TEST_F(DataDirectory, refuses_a_newer_format) {
  fill(path());
  {
    const auto rows = *RocksDbRows::open(path());
    const std::unique_ptr<RowBatch> batch = rows->new_batch();
    batch->put(Space::meta, "format", keys::big_endian(kStorageFormat + 1));
    ASSERT_TRUE(rows->write(*batch, Sync::yes));
  }
  expect_refused(path(), ErrorCode::invalid_state, "newer version");
}

TEST_F(DataDirectory, backup_is_made_while_work_goes_on_and_can_be_used) {
  constexpr std::uint64_t kEnough = 50;
  {
    const auto store = *open_data_directory(path(), {});
    const Epoch epoch = store->acquire().value().epoch;
    ASSERT_TRUE(store->put_definition(two_tasks()->hash(), to_canonical_json(*two_tasks())));
    ASSERT_TRUE(commit(*store, epoch, Turn().create("w").create("v")));
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> events{1};
    std::thread work([&] {
      for (; !done; ++events) ASSERT_TRUE(commit(*store, epoch, Turn().go_on("w", events).go_on("v", events)));
    });
    while (events < kEnough) std::this_thread::yield();
    const Result<void> made = store->backup(path("backup"));
    EXPECT_TRUE(made) << describe(made.error());
    done = true;
    work.join();
    EXPECT_EQ(store->backup(path("backup")).error().code, ErrorCode::already_exists);
    EXPECT_EQ(store->backup(path()).error().code, ErrorCode::invalid_argument);
  }
  const Result<DataReport> report = check_data_directory(path("backup"));
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_EQ(report->live, 2U);
  const auto backup = open_data_directory(path("backup"), {});
  ASSERT_TRUE(backup) << describe(backup.error());
  const std::size_t w = (*backup)->read_history("w", 0, ~0ULL).value().size();
  EXPECT_GE(w, kEnough);
  EXPECT_EQ((*backup)->read_history("v", 0, ~0ULL).value().size(), w);  // of one moment
}

TEST_F(DataDirectory, backup_is_restored_to_a_new_one) {
  fill(path());
  ASSERT_TRUE((*open_data_directory(path(), {}))->backup(path("backup")));
  const Result<void> restored = restore_backup(path("backup"), path("new"));
  ASSERT_TRUE(restored) << describe(restored.error());
  {
    const auto store = *open_data_directory(path("new"), {});
    EXPECT_TRUE(*store->contains("w"));
    ASSERT_TRUE(commit(*store, store->acquire().value().epoch, Turn().create("v")));
  }
  EXPECT_FALSE(*(*open_data_directory(path("backup"), {}))->contains("v"));
  EXPECT_EQ(restore_backup(path("backup"), path("new")).error().code, ErrorCode::already_exists);
  EXPECT_EQ(restore_backup(path("nothing"), path("newer")).error().code, ErrorCode::not_found);
  EXPECT_EQ(restore_backup(folder.path().string(), path("newer")).error().code, ErrorCode::invalid_argument);
  const auto used = *open_data_directory(path("backup"), {});
  EXPECT_EQ(restore_backup(path("backup"), path("newer")).error().code, ErrorCode::unavailable);
  EXPECT_FALSE(fs::exists(path("newer")));
}

TEST_F(DataDirectory, damaged_backup_is_not_restored) {
  fill(path());
  ASSERT_TRUE((*open_data_directory(path(), {}))->backup(path("backup")));
  fs::remove(path("backup") + "/rocksdb/CURRENT");
  EXPECT_EQ(restore_backup(path("backup"), path("new")).error().code, ErrorCode::corruption);
  EXPECT_TRUE(open_data_directory(path("new"), {}));  // nothing was left in it
}

// The child's part of the test below: commits one after the other, and says which are acknowledged.
TEST(DISABLED_Child, commits) {
  const auto store = *open_data_directory("data", {.own_threads = false});
  const Epoch epoch = store->acquire().value().epoch;
  Acknowledgements told;
  ASSERT_TRUE(store->put_definition(two_tasks()->hash(), to_canonical_json(*two_tasks())));
  for (std::uint64_t i = 0;; ++i) {
    Turn turn;
    if (i == 0) {
      turn.create("w");
    } else {
      turn.go_on("w", i).create("v" + std::to_string(i));
    }
    store->commit({.epoch = epoch, .sequence = i + 1, .workflows = turn.commits()}, told);
    store->help();
    ASSERT_TRUE(told.of(i + 1));
    std::printf("acknowledged %llu;\n", static_cast<unsigned long long>(i));
    std::fflush(stdout);
  }
}

TEST_F(DataDirectory, what_was_acknowledged_survives_a_kill) {
  for (const int enough : {0, 3, 200}) {
    fs::remove_all(path());
    testing::RunningProgram child({fs::read_symlink("/proc/self/exe").string(), "--gtest_also_run_disabled_tests",
                                   "--gtest_filter=DISABLED_Child.commits"},
                                  {.cwd = folder.path().string()});
    ASSERT_TRUE(child.wait_for("acknowledged " + std::to_string(enough) + ";"));
    child.signal(SIGKILL);
    const std::string said = child.end().out;
    const std::string last = said.substr(said.rfind("acknowledged ") + 13);
    const Result<DataReport> report = check_data_directory(path());
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_THAT(report->problems, IsEmpty());
    const auto store = open_data_directory(path(), {});
    ASSERT_TRUE(store) << describe(store.error());
    EXPECT_FALSE((*store)->acquire().value().clean);
    EXPECT_GT((*store)->read_history("w", 0, ~0ULL).value().size(), std::stoull(last)) << said;
    for (std::uint64_t i = 1; i <= std::stoull(last); ++i) EXPECT_TRUE(*(*store)->contains("v" + std::to_string(i)));
  }
}

}  // namespace
}  // namespace pawl
