// The services that the suite runs against, and the helpers of its topics. Whatever differs between two of them is a
// bug of one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"
#include "pawl/requests/compensation.h"
#include "pawl/requests/orchestrator.h"
#include "pawl/requests/persistence.h"
#include "pawl/requests/policy.h"

#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {

struct ServiceKind {
  std::string name;
  bool persistent = false;
  // Opens one that may use the folder.
  std::function<std::unique_ptr<Engine>(const TemporaryFolder& folder)> open;
};

[[nodiscard]] std::vector<ServiceKind> service_kinds();

class ServiceTest : public ::testing::TestWithParam<ServiceKind> {
 protected:
  ServiceTest() : engine_(GetParam().open(folder_)) {}

  [[nodiscard]] Service& service() { return *engine_; }
  template <class R>
  Result<typename R::Answer> ask(R request) {
    return call(service(), actor_, std::move(request));
  }
  template <class R>
  [[nodiscard]] ErrorCode refusal(R request) {
    const auto answer = ask(std::move(request));
    EXPECT_FALSE(answer) << R::kOperation << " is not refused";
    return answer ? ErrorCode::internal : answer.error().code;
  }
  std::string create(std::vector<TaskSpec> tasks = {task("a")}, std::optional<std::string> id = {}) {
    request::CreateWorkflow create{.definition = workflow(std::move(tasks)), .options = {}};
    create.options.id = std::move(id);
    return *ask(std::move(create));
  }
  // Which has ended.
  std::string run(std::vector<TaskSpec> tasks = {task("a")}) {
    std::string id = *ask(request::StartWorkflow{.definition = workflow(std::move(tasks)), .options = {}});
    (void)ask(request::WaitWorkflow{.id = id});
    return id;
  }
  [[nodiscard]] WorkflowState state_of(const std::string& id) {
    return ask(request::GetWorkflowStatus{.id = id}).value().state;
  }
  [[nodiscard]] bool is_persistent() const { return GetParam().persistent; }

  const TemporaryFolder folder_;
  const std::unique_ptr<Engine> engine_;
  const Actor actor_{.kind = "user", .name = "ada"};
};

[[nodiscard]] inline std::string name_of(const ::testing::TestParamInfo<ServiceKind>& kind) { return kind.param.name; }

// A task that can be undone.
[[nodiscard]] inline TaskSpec undoable(std::string id, std::vector<std::string> dependencies = {}) {
  TaskSpec spec = task(std::move(id), std::move(dependencies));
  spec.compensation = Compensation{.module = "test", .function = "noop"};
  return spec;
}
// One that fails.
[[nodiscard]] inline TaskSpec failing(std::string id, std::vector<std::string> dependencies = {}) {
  return task(std::move(id), std::move(dependencies), "fail");
}

}  // namespace pawl::testing
