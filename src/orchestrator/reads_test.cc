// Reads cost what they tell, not what there is: counted in rows and bytes, never in time.
#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pawl/compensation.h"

#include "base/engine_thread.h"
#include "base/time.h"
#include "monitor/observer.h"
#include "orchestrator/allocations_test.h"
#include "orchestrator/first_of.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/row_store.h"
#include "tests/support/graphs.h"
#include "tests/support/node_harness.h"

namespace pawl {
namespace {

using testing::define;
using testing::task;
using testing::task_name;
using testing::workflow;

// Rows that count what is read of them, and outlive the node.
class CountingRows final : public Rows {
 public:
  explicit CountingRows(std::shared_ptr<MemoryRows> rows) : rows_(std::move(rows)) {}
  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override { return rows_->new_batch(); }
  Result<void> write(RowBatch& batch, Sync sync) override { return rows_->write(batch, sync); }
  Result<void> sync() override { return rows_->sync(); }
  Result<void> mend() override { return rows_->mend(); }
  Result<void> backup(const std::string& folder) override { return rows_->backup(folder); }
  Result<std::optional<std::string>> get(Space space, std::string_view key) override {
    ++read_[static_cast<std::size_t>(space)];
    if (EngineThread::is_this()) ++read_by_shards_;
    return rows_->get(space, key);
  }
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override {
    if (EngineThread::is_this()) ++read_by_shards_;
    Result<std::unique_ptr<RowCursor>> row = rows_->new_cursor(space, range);
    if (!row) return row;
    return std::make_unique<Cursor>(*std::move(row), read_[static_cast<std::size_t>(space)]);
  }

  // How many rows of the space were read since it was asked before.
  std::size_t take(Space space) { return read_[static_cast<std::size_t>(space)].exchange(0); }
  // Looks by shards' threads.
  std::size_t take_by_shards() { return read_by_shards_.exchange(0); }

 private:
  class Cursor final : public RowCursor {
   public:
    Cursor(std::unique_ptr<RowCursor> row, std::atomic<std::size_t>& read) : row_(std::move(row)), read_(read) {}
    void first() override { row_->first(); }
    void last() override { row_->last(); }
    void seek(std::string_view key) override { row_->seek(key); }
    void next() override { row_->next(); }
    void previous() override { row_->previous(); }
    [[nodiscard]] bool valid() const override { return row_->valid(); }
    [[nodiscard]] std::string_view key() const override { return row_->key(); }
    [[nodiscard]] std::string_view value() const override {
      ++read_;
      return row_->value();
    }
    [[nodiscard]] Result<void> status() const override { return row_->status(); }

   private:
    const std::unique_ptr<RowCursor> row_;
    std::atomic<std::size_t>& read_;
  };

  const std::shared_ptr<MemoryRows> rows_;
  std::array<std::atomic<std::size_t>, kSpaceNames.size()> read_{};
  std::atomic<std::size_t> read_by_shards_ = 0;
};

struct NoObserver final : Observer {
  [[nodiscard]] EventKinds wanted() const override { return 0; }
  void happened(const WorkflowFacts&, const Event&, std::string_view) override {}
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}
};

// Handlers here are called by the shard itself.
struct Sink final : AttemptSink {
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    node->finished(address, std::move(outcome));
  }
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}
  Node* node = nullptr;
};

// A node with two shards. `test.noop` ends at once, `test.fail` fails, `test.letter` is a long text.
class ReadNode {
 public:
  explicit ReadNode(std::shared_ptr<MemoryRows> disk = std::make_shared<MemoryRows>(), const NodeOptions& options = {},
                    bool persistent = true)
      : disk_(std::move(disk)),
        node_(
            options, operations::table(), [this](const PersistenceOptions&) { return open(); }, handlers_, observer_,
            sink_, clock_),
        orchestrator_(node_, testing::kTester),
        persistence_(node_, testing::kTester),
        compensation_(node_, testing::kTester),
        policy_(node_, testing::kTester) {
    sink_.node = &node_;
    const HandlerOptions here{.mode = HandlerMode::non_blocking};
    EXPECT_TRUE(handlers_.add("test", "noop", [](TaskContext&) -> TaskResult { return Json(); }, here));
    EXPECT_TRUE(handlers_.add(
        "test", "fail", [](TaskContext&) -> TaskResult { return std::unexpected(TaskError("broken", "it is broken")); },
        here));
    EXPECT_TRUE(handlers_.add(
        "test", "letter", [](TaskContext&) -> TaskResult { return Json(std::string(1'000'000, 'x').c_str()); }, here));
    std::optional<PersistenceOptions> persistence;
    if (persistent) persistence.emplace();
    EXPECT_TRUE(node_.start(persistence));
  }
  ~ReadNode() { node_.stop(); }

  Orchestrator& orchestrator() { return orchestrator_; }
  Persistence& persistence() { return persistence_; }
  Compensations& compensation() { return compensation_; }
  Policy& policy() { return policy_; }
  CountingRows& rows() { return *rows_; }

  std::string run(const DefinitionPtr& definition, const std::string& id) {
    EXPECT_TRUE(orchestrator().start_workflow(definition, {.id = id, .priority = {}}));
    EXPECT_TRUE(orchestrator().wait_workflow(id));
    return id;
  }
  void create(const DefinitionPtr& definition, std::size_t count, const std::string& prefix = "w") {
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_TRUE(
          orchestrator().create_workflow(definition, {.id = fmt::format("{}{:05}", prefix, i), .priority = {}}));
  }

 private:
  Result<std::shared_ptr<Store>> open() {
    auto rows = std::make_unique<CountingRows>(disk_);
    rows_ = rows.get();
    Result<std::unique_ptr<RowStore>> store =
        RowStore::open(std::move(rows), {.sync_delay = Duration(0), .own_threads = true});
    if (!store) return std::unexpected(std::move(store.error()));
    return std::shared_ptr<Store>(*std::move(store));
  }

  const std::shared_ptr<MemoryRows> disk_;
  testing::IdleRunner pool_;
  NoObserver observer_;
  Sink sink_;
  SystemClock clock_;
  HandlerRegistry handlers_{pool_};
  CountingRows* rows_ = nullptr;
  Node node_;
  Orchestrator orchestrator_;
  Persistence persistence_;
  Compensations compensation_;
  Policy policy_;
};

std::vector<std::string> ids_of(const std::vector<WorkflowStatus>& statuses) {
  std::vector<std::string> ids;
  for (const WorkflowStatus& status : statuses) ids.push_back(status.id);
  return ids;
}

// All members of a status, as they can be compared.
std::string text_of(const WorkflowStatus& status) {
  return to_json_text(status) + fmt::format("{} {} {}", status.tasks_running, status.tasks_cancelled, status.saga);
}

TEST(FirstOf, keeps_the_first_ones_in_order_and_compares_most_others_once) {
  std::size_t comparisons = 0;
  const auto less = [&](int a, int b) {
    ++comparisons;
    return a < b;
  };
  constexpr int kOffered = 100'000;
  FirstOf<int, decltype(less)> first(3, less);
  for (int i = 0; i < kOffered; ++i) first.offer((i * 7919 + 13) % kOffered);
  EXPECT_EQ(std::move(first).in_order(), (std::vector{0, 1, 2}));
  EXPECT_LT(comparisons, kOffered + 1000U);
  FirstOf<int, std::less<>> none(0);
  none.offer(1);
  EXPECT_TRUE(std::move(none).in_order().empty());
}

TEST(Reads, tell_the_status_of_an_ended_workflow_from_one_row) {
  ReadNode node;
  node.run(define(testing::fan(2000)), "large");
  const std::string whole = text_of(node.orchestrator().get_workflow("large").value().status);
  node.rows().take(Space::history);
  node.rows().take(Space::ended);
  EXPECT_EQ(text_of(*node.orchestrator().get_workflow_status("large")), whole);
  EXPECT_EQ(node.compensation().get_saga("large").value().steps_completed, 2002U);
  EXPECT_EQ(node.rows().take(Space::history), 0U);
  EXPECT_EQ(node.rows().take(Space::ended), 2U);
}

// What the row of an ended workflow says is what its history adds up to, also after it was changed as an ended one.
TEST(Reads, tell_the_same_status_from_the_row_as_from_the_history) {
  ReadNode node;
  WorkflowSpec spec = workflow({task("a"), task("b", {"a"}), task("c", {"b"}, "fail"), task("d", {"c"})}, "undone");
  spec.tasks[0].compensation = Compensation{.module = "test", .function = "noop"};
  node.run(define(spec), "undone");
  node.run(define({task("only")}), "registered");
  ASSERT_TRUE(node.compensation().register_compensation("registered", "only", {.module = "test", .function = "noop"}));
  for (const std::string id : {"undone", "registered"}) {
    const auto status = node.orchestrator().get_workflow_status(id);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(text_of(*status), text_of(node.orchestrator().get_workflow(id).value().status));
    EXPECT_TRUE(status->saga);
  }
  EXPECT_EQ(node.compensation().list_sagas(10).value().size(), 2U);
  EXPECT_EQ(node.orchestrator().get_workflow_status("nobody").error().code, ErrorCode::not_found);
}

TEST(Reads, make_no_status_of_what_is_not_listed) {
  const auto bytes_for_one = [](std::size_t workflows) {
    ReadNode node(std::make_shared<MemoryRows>(), {}, false);
    const DefinitionPtr definition = define({task("a")});
    node.create(definition, workflows);
    EXPECT_EQ(node.orchestrator().list_workflows({.limit = 1}).value().size(), 1U);
    const std::size_t before = bytes_allocated();
    EXPECT_EQ(ids_of(*node.orchestrator().list_workflows({.limit = 1})).front(), fmt::format("w{:05}", workflows - 1));
    return bytes_allocated() - before;
  };
  EXPECT_LT(bytes_for_one(3000), bytes_for_one(30) + 5000U);
}

// Equal times of creation, pages of one, workflows that live and that have ended: each is listed once, in order.
TEST(Reads, list_page_by_page_without_gaps_and_repetitions) {
  ReadNode node;
  const DefinitionPtr definition = define({task("a")});
  node.create(definition, 7, "live");
  for (int i = 0; i < 5; ++i) node.run(definition, fmt::format("ended{}", i));
  node.create(definition, 3, "late");
  const std::vector<std::string> whole = ids_of(*node.orchestrator().list_workflows({}));
  ASSERT_EQ(std::set(whole.begin(), whole.end()).size(), 15U);
  for (const std::size_t limit : {1U, 2U, 4U, 15U}) {
    for (const bool stored : {false, true}) {
      std::vector<std::string> pages;
      for (ListOptions page{.state = {}, .limit = limit};;) {
        const auto found = stored ? node.persistence().list_workflows(page) : node.orchestrator().list_workflows(page);
        ASSERT_TRUE(found) << found.error().message;
        if (found->empty()) break;
        for (const WorkflowStatus& status : *found) pages.push_back(status.id);
        page.created_before = found->back().created_at;
        page.id_before = found->back().id;
      }
      EXPECT_EQ(pages, whole);
    }
  }
}

TEST(Reads, list_stored_workflows_at_the_cost_of_the_page) {
  ReadNode node;
  const DefinitionPtr definition = define({task("a")});
  for (int i = 0; i < 100; ++i) node.run(definition, fmt::format("ended{:03}", i));
  node.create(definition, 100, "live");
  node.rows().take(Space::ended);
  node.rows().take(Space::history);
  EXPECT_EQ(ids_of(*node.orchestrator().list_workflows({.state = WorkflowState::completed, .limit = 2})),
            (std::vector<std::string>{"ended099", "ended098"}));
  EXPECT_EQ(node.rows().take(Space::ended), 2U);
  EXPECT_EQ(node.rows().take(Space::history), 0U);
  EXPECT_EQ(ids_of(*node.persistence().list_workflows({.state = WorkflowState::pending, .limit = 2})),
            (std::vector<std::string>{"live00099", "live00098"}));
  EXPECT_EQ(node.rows().take(Space::history), 2U);
}

// Two operations of one name: what is known, and what is stored.
TEST(Reads, do_not_take_what_is_known_for_what_is_stored) {
  ReadNode node(std::make_shared<MemoryRows>(), {}, false);
  const DefinitionPtr definition = define({task("a")});
  node.run(definition, "ended");
  node.create(definition, 1);
  EXPECT_EQ(node.orchestrator().list_workflows({}).value().size(), 2U);
  EXPECT_EQ(node.persistence().list_workflows({}).value().size(), 0U);
  EXPECT_EQ(node.persistence().delete_workflow("ended").error().code, ErrorCode::not_found);
  EXPECT_EQ(node.orchestrator().list_workflows({}).value().size(), 2U);
  ASSERT_TRUE(node.persistence().enable({.data_dir = "rows"}));
  EXPECT_EQ(ids_of(*node.persistence().list_workflows({})), ids_of(*node.orchestrator().list_workflows({})));
  EXPECT_EQ(node.persistence().list_workflows({}).value().size(), 2U);
  EXPECT_EQ(node.persistence().list_workflows({.state = WorkflowState::pending}).value().front().id, "w00000");
  ASSERT_TRUE(node.persistence().delete_workflow("ended"));
  EXPECT_EQ(node.orchestrator().get_workflow_status("ended").error().code, ErrorCode::not_found);
  ASSERT_TRUE(node.persistence().disable());
  EXPECT_EQ(node.persistence().list_workflows({}).value().size(), 0U);
  EXPECT_EQ(node.orchestrator().list_workflows({}).value().size(), 1U);
}

// More ids are compared than a list has by default.
TEST(Reads, refuse_a_store_with_another_workflow_of_an_id_however_many_there_are) {
  const auto disk = std::make_shared<MemoryRows>();
  const DefinitionPtr definition = define({task("a")});
  ReadNode(disk).create(definition, 1);
  ReadNode node(disk, {}, false);
  node.create(definition, 1100);
  EXPECT_EQ(node.persistence().enable({.data_dir = "rows"}).error().code, ErrorCode::already_exists);
}

TEST(Reads, take_a_history_page_by_page_at_the_cost_of_its_events) {
  NodeOptions options;
  options.shards = 1;
  ReadNode node(std::make_shared<MemoryRows>(), options);
  const auto rows_read = [&](std::size_t tasks) {
    const std::string id = node.run(define(testing::chain(tasks)), fmt::format("chain{}", tasks));
    const std::size_t rows = node.orchestrator().get_history(id, {.limit = 100'000}).value().size();
    node.rows().take(Space::history);
    std::uint64_t from = 0;
    for (;;) {
      const auto page = node.orchestrator().get_history(id, {.from = from, .limit = 50});
      EXPECT_TRUE(page) << page.error().message;
      if (!page || page->empty()) break;
      EXPECT_EQ(page->front().number, from);
      from = page->back().number + 1;
    }
    EXPECT_EQ(from, rows);
    return node.rows().take(Space::history);
  };
  const std::size_t few = rows_read(500);
  const std::size_t many = rows_read(2000);
  EXPECT_LT(many, 6 * few);  // and not 16 times as many
}

TEST(Reads, end_a_page_of_a_history_when_it_has_bytes_enough) {
  ReadNode node;
  std::vector<TaskSpec> tasks;
  for (std::size_t i = 0; i < 5; ++i) tasks.push_back(task(task_name(i), {}, "letter"));
  node.run(define(tasks), "letters");
  std::vector<std::uint64_t> numbers;
  std::size_t letters = 0;
  for (HistoryOptions page{.max_bytes = 1'500'000};; page.from = numbers.back() + 1) {
    const auto events = node.orchestrator().get_history("letters", page);
    ASSERT_TRUE(events) << events.error().message;
    if (events->empty()) break;
    std::size_t bytes = 0;
    for (const HistoryEvent& each : *events) {
      numbers.push_back(each.number);
      bytes += each.event.result.view().size();
      letters += each.event.type == "task_completed" ? 1 : 0;
    }
    EXPECT_LE(bytes, 2'100'000U);
  }
  EXPECT_EQ(letters, 5U);
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
  EXPECT_EQ(numbers.size(), numbers.back() + 1);
}

// To register what undoes a task moves what undoes those behind it. What happened before keeps its name.
TEST(Reads, name_the_tasks_of_a_history_by_the_definition_of_their_time) {
  ReadNode node;
  WorkflowSpec spec = workflow({task("a"), task("b", {"a"}), task("c", {"b"}, "fail")});
  spec.tasks[1].compensation = Compensation{.module = "test", .function = "noop"};
  node.run(define(spec), "changed");
  ASSERT_TRUE(node.compensation().register_compensation("changed", "a", {.module = "test", .function = "noop"}));
  const auto names = [&](std::size_t limit) {
    std::string all;
    for (std::uint64_t from = 0;;) {
      const auto page = node.orchestrator().get_history("changed", {.from = from, .limit = limit});
      EXPECT_TRUE(page) << page.error().message;
      if (!page || page->empty()) return all;
      for (const HistoryEvent& each : *page) all += fmt::format("{} {}\n", each.event.type, each.event.task);
      from = page->back().number + 1;
    }
  };
  EXPECT_NE(names(100).find("compensation_completed b\n"), std::string::npos) << names(100);
  EXPECT_EQ(names(1), names(100));
}

TEST(Reads, explain_and_list_dead_letters_without_copies_of_the_workflow) {
  ReadNode node(std::make_shared<MemoryRows>(), {}, false);
  std::vector<TaskSpec> tasks;
  for (std::size_t i = 0; i < 20'000; ++i) tasks.push_back(task(task_name(i), {}, "fail"));
  WorkflowSpec spec = workflow(std::move(tasks), "failing");
  spec.on_failure = OnFailure::continue_;
  const DefinitionPtr definition = define(spec);
  ASSERT_TRUE(node.orchestrator().create_workflow(definition, {.id = "large", .priority = {}}));
  ASSERT_TRUE(node.orchestrator().explain_workflow("large", 3));
  std::size_t before = bytes_allocated();
  EXPECT_EQ(node.orchestrator().explain_workflow("large", 3).value().size(), 4U);
  EXPECT_LT(bytes_allocated() - before, 20'000U);
}

TEST(Reports, are_written_in_pieces_that_hold_no_result_twice) {
  ReadNode node;
  node.run(define({task("a", {}, "letter"), task("b", {"a"}, "letter"), task("c", {"b"})}), "letters");
  const auto report = node.orchestrator().get_workflow("letters");
  ASSERT_TRUE(report) << report.error().message;
  const std::size_t before = bytes_allocated();
  std::size_t size = 0;
  std::size_t largest = 0;
  EXPECT_TRUE(write_json(*report, [&](std::string_view piece) {
    size += piece.size();
    largest = std::max(largest, piece.size());
    return true;
  }));
  EXPECT_LT(bytes_allocated() - before, 50'000U);
  EXPECT_EQ(largest, 1'000'002U);  // as it lies in memory
  std::string text;
  write_json(*report, [&](std::string_view piece) {
    text += piece;
    return true;
  });
  EXPECT_EQ(text, to_json_text(*report));
  EXPECT_EQ(text.size(), size);
  ASSERT_TRUE(parse_json(text));
  int pieces = 0;
  EXPECT_FALSE(write_json(*report, [&](std::string_view) { return ++pieces < 2; }));
  EXPECT_EQ(pieces, 2);
}

TEST(Reports, have_an_output_that_names_the_tasks_when_it_would_be_too_large) {
  ReadNode node;
  std::vector<TaskSpec> tasks;
  for (std::size_t i = 0; i < 20; ++i) tasks.push_back(task(task_name(i), {}, i == 3 ? "noop" : "letter"));
  node.run(define(tasks), "too_large");
  const auto report = node.orchestrator().get_workflow("too_large");
  ASSERT_TRUE(report) << report.error().message;
  const Json output = report->output.parse();
  ASSERT_TRUE(output.as_object().contains("too_large")) << report->output.view().substr(0, 100);
  const auto& what = output.at("too_large").as_object();
  EXPECT_EQ(what.at("limit"), 16'777'216);
  EXPECT_EQ(what.at("task_count"), 20);
  EXPECT_GT(what.at("bytes").to_number<std::size_t>(), 19'000'000U);
  EXPECT_EQ(what.at("tasks").as_array().front(), "t0");
  EXPECT_EQ(what.at("tasks").as_array().back(), "t3");  // the smallest one
  EXPECT_EQ(report->tasks[5].result.view().size(), 1'000'002U);

  std::vector<TaskSpec> few(tasks.begin(), tasks.begin() + 5);
  node.run(define(few), "fits");
  EXPECT_EQ(node.orchestrator().get_workflow("fits").value().output.parse().as_object().size(), 5U);
}

// What shards do not have in memory is read for them.
TEST(Reads, are_made_by_no_shard) {
  const auto disk = std::make_shared<MemoryRows>();
  const DefinitionPtr definition = define({task("a")});
  {
    ReadNode node(disk);
    for (const char* const id : {"ended", "again", "old"}) node.run(definition, id);
  }
  ReadNode node(disk);
  Orchestrator& o = node.orchestrator();
  ASSERT_TRUE(o.list_workflows()) << "all shards have started";
  node.rows().take_by_shards();
  EXPECT_EQ(o.pause_workflow("ended").error().code, ErrorCode::invalid_state);
  EXPECT_EQ(o.pause_workflow("nobody").error().code, ErrorCode::not_found);
  EXPECT_EQ(o.create_workflow(definition, {.id = "again"}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(o.start_workflow(definition, {.id = "again", .if_exists = IfExists::attach}), "again");
  EXPECT_EQ(o.start_workflow(definition, {.id = "old", .if_exists = IfExists::replace_ended}), "old");
  EXPECT_EQ(o.start_workflow(definition, {.id = "new", .if_exists = IfExists::attach}), "new");
  EXPECT_TRUE(o.wait_workflow("new"));
  EXPECT_EQ(node.rows().take_by_shards(), 0U);
}

TEST(Reads, stop_at_the_first_user_of_a_policy) {
  const auto disk = std::make_shared<MemoryRows>();
  {
    ReadNode node(disk);
    ASSERT_TRUE(node.policy().define_policy("slow", PolicyConfig(TimeoutPolicy{})));
    WorkflowSpec spec = workflow({task("a")});
    spec.timeout_policy = "slow";
    node.create(define(spec), 50);
  }
  NodeOptions options;
  options.shard.standby = true;
  ReadNode node(disk, options);
  node.rows().take(Space::history);
  EXPECT_EQ(node.policy().delete_policy("slow").error().code, ErrorCode::invalid_state);
  EXPECT_LT(node.rows().take(Space::history), 5U);
}

}  // namespace
}  // namespace pawl
