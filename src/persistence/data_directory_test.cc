// A data directory belongs to one process, holds nothing but data, and can be copied while it is used.
#include "persistence/data_directory.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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
    const std::vector<RecordChange> records = {definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))};
    store.commit({.epoch = epoch, .sequence = 1, .workflows = turn.commits(), .records = records}, told);
    store.help();
    return told.of(1);
  }
  // One with a workflow `w` in it, and its definition.
  void fill(const std::string& where) {
    const auto store = *open_data_directory(where, {.own_threads = false});
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
  expect_refused(path(), ErrorCode::unavailable, "; try again when it has ended");
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

TEST_F(DataDirectory, backup_goes_to_a_relative_folder) {
  fill(path());
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  {
    const auto store = *open_data_directory("data", {});
    for (const char* const name : {"copy", "./other", "below/one"}) {
      const Result<void> made = store->backup(name);
      EXPECT_TRUE(made) << describe(made.error());
      EXPECT_THAT(check_data_directory(name).value().problems, IsEmpty());
    }
    for (const char* const name : {"data/copy", "below/../data/copy", "./data", "data/below/copy"})
      EXPECT_EQ(store->backup(name).error().code, ErrorCode::invalid_argument) << name;
  }
  fs::current_path(before);
}

// What a backup that was killed has left is made anew; what is somebody else's is not touched.
TEST_F(DataDirectory, backup_that_was_killed_is_made_again) {
  fill(path());
  const auto store = *open_data_directory(path(), {});
  for (const char* const left : {"rocksdb.tmp", "rocksdb.copying.tmp", "rocksdb.copying"}) {
    fs::remove_all(path("backup"));
    fs::create_directories(path("backup") + "/" + left);
    std::ofstream(path("backup") + "/" + left + "/000009.sst") << "half";
    const Result<void> made = store->backup(path("backup"));
    EXPECT_TRUE(made) << left << ": " << describe(made.error());
    EXPECT_FALSE(fs::exists(path("backup") + "/" + left));
    EXPECT_THAT(check_data_directory(path("backup")).value().problems, IsEmpty());
  }
  fs::create_directories(path("mine") + "/rocksdb.tmp");
  std::ofstream(path("mine") + "/letter.txt") << "x";
  EXPECT_EQ(store->backup(path("mine")).error().code, ErrorCode::already_exists);
  EXPECT_TRUE(fs::exists(path("mine") + "/rocksdb.tmp"));
}

TEST_F(DataDirectory, restore_that_was_killed_is_made_again) {
  fill(path());
  ASSERT_TRUE((*open_data_directory(path(), {}))->backup(path("backup")));
  fs::create_directories(path("new") + "/restoring/rocksdb");
  std::ofstream(path("new") + "/restoring/rocksdb/000009.sst") << "half";
  expect_refused(path("new"), ErrorCode::invalid_argument, "restore it again");
  const Result<void> restored = restore_backup(path("backup"), path("new"));
  ASSERT_TRUE(restored) << describe(restored.error());
  EXPECT_FALSE(fs::exists(path("new") + "/restoring"));
  EXPECT_TRUE((*open_data_directory(path("new"), {}))->acquire().value().clean);
  EXPECT_EQ(restore_backup(path("backup"), path("backup") + "/new").error().code, ErrorCode::invalid_argument);
}

// Whatever of a creation had come to the disk when it ended, in the order in which its files are made, the last one
// whole or in part: nothing was ever stored, and it is made again.
TEST_F(DataDirectory, creation_that_was_killed_is_done_again) {
  (void)*open_data_directory(path("whole"), {});
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path("whole") + "/rocksdb")) files.push_back(entry.path());
  std::ranges::sort(files, {}, [](const fs::path& file) { return fs::last_write_time(file); });
  for (std::size_t count = 0; count <= files.size(); ++count) {
    for (const bool is_torn : {false, true}) {
      fs::remove_all(path());
      fs::create_directories(path() + "/rocksdb.new");
      for (std::size_t i = 0; i < count; ++i) fs::copy(files[i], path() + "/rocksdb.new");
      if (is_torn && count > 0) fs::resize_file(path() + "/rocksdb.new/" + files[count - 1].filename().string(), 1);
      EXPECT_EQ(check_data_directory(path()).error().code, ErrorCode::not_found);
      fill(path());
      EXPECT_FALSE(fs::exists(path() + "/rocksdb.new"));
      EXPECT_THAT(check_data_directory(path()).value().problems, IsEmpty());
    }
  }
}

// Versions before made the database in its place.
TEST_F(DataDirectory, creation_in_place_that_was_killed_is_done_again) {
  (void)*open_data_directory(path("whole"), {});
  std::vector<std::string> made;
  for (const char* const begin : {"LOCK", "IDENTITY", "MANIFEST", "CURRENT"}) {
    made.emplace_back(begin);
    fs::remove_all(path());
    fs::create_directories(path() + "/rocksdb");
    for (const auto& entry : fs::directory_iterator(path("whole") + "/rocksdb"))
      for (const std::string& each : made)
        if (entry.path().filename().string().starts_with(each)) fs::copy(entry.path(), path() + "/rocksdb");
    fill(path());
    EXPECT_THAT(check_data_directory(path()).value().problems, IsEmpty()) << begin;
  }
  // What has been used is never taken for that.
  fs::remove(path() + "/rocksdb/CURRENT");
  expect_refused(path(), ErrorCode::corruption, "CURRENT");
}

TEST_F(DataDirectory, without_its_list_of_files_is_damaged_not_busy) {
  fill(path());
  for (const auto& entry : fs::directory_iterator(path() + "/rocksdb"))
    if (entry.path().filename().string().starts_with("MANIFEST")) fs::remove(entry.path());
  expect_refused(path(), ErrorCode::corruption, "MANIFEST");
}

TEST_F(DataDirectory, refuses_a_link_in_place_of_its_rows) {
  fill(path("other"));
  fs::create_directory(path());
  fs::create_directory_symlink(path("other") + "/rocksdb", path() + "/rocksdb");
  expect_refused(path(), ErrorCode::invalid_argument, "symbolic link");
  EXPECT_EQ(check_data_directory(path()).error().code, ErrorCode::invalid_argument);
}

TEST_F(DataDirectory, keeps_its_rows_to_its_owner_in_a_folder_open_to_all) {
  fs::create_directory(path());
  fs::permissions(path(), fs::perms(0755));
  fill(path());
  EXPECT_EQ(fs::status(path() + "/rocksdb").permissions(), fs::perms::owner_all);
  fs::permissions(path() + "/rocksdb", fs::perms(0755));  // as versions before made it
  fill(path("again"));
  EXPECT_TRUE(open_data_directory(path(), {}));
  EXPECT_EQ(fs::status(path() + "/rocksdb").permissions(), fs::perms(0750));
}

TEST_F(DataDirectory, that_is_removed_while_it_is_used_does_not_acknowledge) {
  const auto store = *open_data_directory(path(), {.own_threads = false});
  const Epoch epoch = store->acquire().value().epoch;
  ASSERT_TRUE(commit(*store, epoch, Turn().create("w")));
  EXPECT_TRUE(store->check());
  fs::remove_all(path());
  EXPECT_EQ(store->check().error().code, ErrorCode::unavailable);
  EXPECT_THAT(store->check().error().message, HasSubstr("not where it was"));
  EXPECT_FALSE(store->acquire());
  EXPECT_FALSE(store->release());
}

TEST_F(DataDirectory, whose_rows_are_removed_while_they_are_used_does_not_acknowledge) {
  for (const char* const removed : {"/rocksdb", "/rocksdb/CURRENT"}) {
    SCOPED_TRACE(removed);
    const auto store = *open_data_directory(path(), {.own_threads = false});
    ASSERT_TRUE(store->acquire());
    fs::remove_all(path() + removed);
    EXPECT_EQ(store->check().error().code, ErrorCode::unavailable);
    EXPECT_THAT(store->check().error().message, HasSubstr("what was stored since may be lost"));
    EXPECT_FALSE(store->release());
    fs::remove_all(path());
  }
}

// It is no unfinished creation, which has no reserve yet.
TEST_F(DataDirectory, that_has_lost_its_rows_is_damaged) {
  {
    ASSERT_TRUE(open_data_directory(path(), {}, {.reserve_bytes = 4096}));
  }
  fs::remove_all(path() + "/rocksdb");
  expect_refused(path(), ErrorCode::corruption, "has lost its rows");
}

// A file system without locks is not one that another process uses.
TEST_F(DataDirectory, says_that_its_file_system_has_no_locks) {
  fill(path());
  testing::RunningProgram child({fs::read_symlink("/proc/self/exe").string(), "--gtest_also_run_disabled_tests",
                                 "--gtest_filter=DISABLED_Child.has_no_locks"},
                                {.cwd = folder.path().string()});
  EXPECT_EQ(child.end().exit_code, 0);
}

TEST(DISABLED_Child, has_no_locks) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_flock, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = 4, .filter = program};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
  const auto store = open_data_directory("data", {});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(store.error().message, HasSubstr("has no locks"));
}

// To end without being able to write is noted in the lock, and no crash.
TEST_F(DataDirectory, keeps_the_note_of_its_last_user) {
  fill(path());
  {
    const auto lock = *FolderLock::take(path(), "data directory");
    EXPECT_EQ(lock->note(), "");
    ASSERT_TRUE(lock->put_note("released 1 1"));
  }
  EXPECT_EQ((*FolderLock::take(path(), "data directory"))->note(), "released 1 1");
  EXPECT_TRUE((*open_data_directory(path(), {}))->acquire().value().clean);   // the note
  EXPECT_FALSE((*open_data_directory(path(), {}))->acquire().value().clean);  // is about one epoch
}

// The child's part of the test below: commits one after the other, and says which are acknowledged.
TEST(DISABLED_Child, commits) {
  const auto store = *open_data_directory("data", {.own_threads = false});
  const Epoch epoch = store->acquire().value().epoch;
  Acknowledgements told;
  const std::vector<RecordChange> records = {definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))};
  for (std::uint64_t i = 0;; ++i) {
    Turn turn;
    if (i == 0) {
      turn.create("w");
    } else {
      turn.go_on("w", i).create("v" + std::to_string(i));
    }
    store->commit({.epoch = epoch, .sequence = i + 1, .workflows = turn.commits(), .records = records}, told);
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
