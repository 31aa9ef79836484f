// An operation is one file and one row: this file adds one, which no other file knows of.
#include <gtest/gtest.h>

#include "monitor/observer.h"
#include "operations/table.h"
#include "orchestrator/workflow_ask.h"
#include "runners/builtin.h"
#include "runners/thread_pool.h"
#include "tests/support/graphs.h"

namespace pawl::testing {
namespace {

// How many events the workflow has had, and who asks.
struct CountEvents {
  struct Answer {
    std::uint64_t events = 0;
    std::string asked_by{};
  };
  static constexpr std::string_view kOperation = "count_events";
  std::string id{};
};

Steps<CountEvents::Answer> count_events(Call call, CountEvents request) {
  if (request.id == "#") co_return fail(ErrorCode::invalid_argument, "that is no id", "id");
  Result<std::uint64_t> events = co_await ask_workflow<std::uint64_t>(
      call, request.id,
      [](Shard&, const LiveWorkflow& workflow) -> Result<std::uint64_t> { return workflow.state.event_count; });
  if (!events) co_return std::unexpected(std::move(events.error()));
  co_return CountEvents::Answer{.events = *events, .asked_by = to_string(call.actor)};
}

class NodeOfATest : private Observer, private AttemptSink {
 public:
  NodeOfATest() : table_(rows()), pool_(ThreadPoolOptions{}, static_cast<AttemptSink&>(*this)), handlers_(pool_) {
    add_builtin_handlers(handlers_, {.exec = pool_, .sleeps = pool_});
    EXPECT_TRUE(node_.start(std::nullopt));
  }
  ~NodeOfATest() override { node_.stop(); }
  Node& node() { return node_; }

 private:
  static std::vector<OperationRow> rows() {
    std::vector<OperationRow> rows = operations::all_rows();
    rows.push_back(operation_row<CountEvents, &count_events>(
        {.method = HttpMethod::get, .path = "/workflows/{id}/events", .repeatable = true, .read_only = true}));
    return rows;
  }
  [[nodiscard]] EventKinds wanted() const override { return 0; }
  void happened(const WorkflowFacts&, const Event&, std::string_view) override {}
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    node_.finished(address, std::move(outcome));
  }

  const OperationTable table_;
  SystemClock clock_;
  ThreadPool pool_;
  HandlerRegistry handlers_;
  Node node_{{.shards = 1},
             table_,
             [](const PersistenceOptions&) -> Result<std::shared_ptr<Store>> {
               return fail(ErrorCode::unavailable, "there is none");
             },
             handlers_,
             *this,
             *this,
             clock_};
};

TEST(Extension, adds_an_operation_by_one_row) {
  NodeOfATest test;
  Service& service = test.node();
  const Actor ada{.kind = "user", .name = "ada"};
  Orchestrator orchestrator(service, ada);
  const std::string id = orchestrator.create_workflow(define({task("a")})).value();
  const Result<CountEvents::Answer> counted = call(service, ada, CountEvents{.id = id});
  ASSERT_TRUE(counted) << describe(counted.error());
  EXPECT_EQ(counted->events, 1U);
  EXPECT_EQ(counted->asked_by, "user:ada");
  EXPECT_EQ(call(service, ada, CountEvents{.id = "#"}).error().field, "id");
  EXPECT_EQ(call(service, ada, CountEvents{.id = "none"}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace pawl::testing
