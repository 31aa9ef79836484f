// The table of operations: complete, without contradictions, reached by the facades, and described in the reference.
#include "operations/table.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/compensation.h"
#include "pawl/orchestrator.h"
#include "pawl/persistence.h"
#include "pawl/policy.h"

#include "tests/support/graphs.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

// Answers nothing, and remembers what it was asked.
class AskedFor final : public Service {
 public:
  void call(const Actor&, Request request, Completion completion) override {
    operations_.insert(std::string(request.operation()));
    completion.fail({.code = ErrorCode::unavailable, .message = "it only listens"});
  }
  [[nodiscard]] const std::set<std::string>& operations() const { return operations_; }

 private:
  std::set<std::string> operations_;
};

std::set<std::string> names_of_rows() {
  std::set<std::string> names;
  for (const OperationRow& row : operations::table().rows()) names.emplace(row.name);
  return names;
}

// Calls each function of the four facades.
std::set<std::string> reached_by_facades() {
  AskedFor service;
  const Actor actor{.kind = "user", .name = "ada"};
  Orchestrator o(service, actor);
  (void)o.create_workflow(nullptr);
  (void)o.start_workflow(nullptr);
  (void)o.execute_workflow("w");
  (void)o.pause_workflow("w");
  (void)o.resume_workflow("w");
  (void)o.cancel_workflow("w");
  (void)o.fail_workflow("w", "");
  (void)o.retry_workflow("w");
  (void)o.rerun_workflow("w", "a");
  (void)o.fork_workflow("w", {});
  (void)o.skip_task("w", "a");
  (void)o.add_task("w", task("a"));
  (void)o.remove_task("w", "a");
  (void)o.get_workflow_status("w");
  (void)o.get_workflow("w");
  (void)o.list_workflows();
  (void)o.get_history("w");
  (void)o.list_quarantined();
  (void)o.wait_workflow("w", Duration(0));
  (void)o.explain_workflow("w");
  (void)o.delete_workflow("w");
  (void)o.register_executor("e", 1);
  (void)o.unregister_executor("e");
  (void)o.list_executors();
  (void)o.metrics();
  Persistence p(service, actor);
  (void)p.enable({});
  (void)p.disable();
  (void)p.is_persistent();
  (void)p.check_store();
  (void)p.save_workflow("w");
  (void)p.load_workflow("w");
  (void)p.delete_workflow("w");
  (void)p.list_workflows();
  (void)p.create_snapshot("w");
  (void)p.restore_snapshot("s");
  (void)p.list_snapshots("w");
  (void)p.delete_snapshot("s");
  (void)p.backup("f");
  Policy policy(service, actor);
  (void)policy.define_policy("p", PolicyConfig());
  (void)policy.get_policy("p");
  (void)policy.list_policies();
  (void)policy.update_policy("p", PolicyConfig());
  (void)policy.delete_policy("p");
  (void)policy.evaluate_policy("p", {});
  (void)policy.get_policy_stats("p");
  (void)policy.check_circuit_breaker("p");
  (void)policy.reset_circuit_breaker("p");
  (void)policy.force_open_circuit_breaker("p");
  (void)policy.list_dead_letters();
  (void)policy.get_dead_letter({});
  (void)policy.redrive_dead_letter({});
  (void)policy.redrive_dead_letters({});
  (void)policy.discard_dead_letter({}, "");
  Compensations c(service, actor);
  (void)c.register_compensation("w", "a", {});
  (void)c.execute_compensation("w", "a");
  (void)c.compensate_workflow("w");
  (void)c.start_saga("s", {});
  (void)c.create_saga("s", {});
  (void)c.add_step("s", task("a"));
  (void)c.execute_saga("s");
  (void)c.roll_back("s");
  (void)c.get_saga("s");
  (void)c.list_sagas();
  (void)c.get_log("w");
  return service.operations();
}

TEST(OperationTable, has_each_operation_once) {
  std::map<std::string_view, int> names;
  std::map<std::pair<HttpMethod, std::string_view>, int> doors;
  for (const OperationRow& row : operations::table().rows()) {
    EXPECT_EQ(++names[row.name], 1) << row.name;
    EXPECT_EQ(++doors[std::pair(row.facts.method, row.facts.path)], 1) << row.name;
  }
}

TEST(OperationTable, has_what_the_facades_ask_and_nothing_else) { EXPECT_EQ(reached_by_facades(), names_of_rows()); }

TEST(OperationTable, contradicts_itself_nowhere) {
  for (const OperationRow& row : operations::table().rows()) {
    const OperationFacts& facts = row.facts;
    EXPECT_TRUE(facts.path.starts_with('/')) << row.name;
    EXPECT_TRUE(facts.method != HttpMethod::get || (!facts.changes && facts.repeatable)) << row.name;
    EXPECT_TRUE(facts.changes || facts.read_only) << row.name;
  }
}

// The lines of docs/reference/operations.md that follow from the table.
std::string reference_line(const OperationRow& row) {
  const auto yes = [](bool is) { return is ? "yes" : ""; };
  return "| `" + std::string(row.name) + "` | `" + std::string(to_string(row.facts.method)) + " " +
         std::string(row.facts.path) + "` | " + yes(row.facts.changes) + " | " + yes(row.facts.repeatable) + " | " +
         yes(row.facts.works_while_down) + " | " + yes(row.facts.read_only) + " |\n";
}

TEST(OperationTable, is_what_the_reference_says) {
  const std::string page = read_text(std::filesystem::path(PAWL_SOURCE) / "docs/reference/operations.md");
  std::string expected;
  for (const OperationRow& row : operations::table().rows()) {
    expected += reference_line(row);
    EXPECT_THAT(page, HasSubstr(reference_line(row)));
  }
  EXPECT_EQ(std::ranges::count(page, '\n') - static_cast<std::ptrdiff_t>(operations::table().rows().size()),
            std::ranges::count(page.substr(0, page.find("| `")), '\n'))
      << "the page has other lines behind these:\n"
      << expected;
}

}  // namespace
}  // namespace pawl::testing
