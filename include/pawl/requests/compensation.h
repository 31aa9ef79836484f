// The requests of the operations of Compensations. The function of the same name in Compensations says what each one
// does, and its errors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/compensation.h"
#include "pawl/service.h"

namespace pawl::request {

struct RegisterCompensation {
  using Answer = void;
  static constexpr std::string_view kOperation = "register_compensation";
  std::string workflow{};
  std::string task{};
  Compensation action{};
};

struct ExecuteCompensation {
  using Answer = void;
  static constexpr std::string_view kOperation = "execute_compensation";
  std::string workflow{};
  std::string task{};
};

struct CompensateWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "compensate_workflow";
  std::string workflow{};
  std::vector<std::string> tasks{};
};

struct StartSaga {
  using Answer = std::string;
  static constexpr std::string_view kOperation = "start_saga";
  std::string name{};
  std::vector<TaskSpec> steps{};
  CreateOptions options{};
};

struct CreateSaga {
  using Answer = std::string;
  static constexpr std::string_view kOperation = "create_saga";
  std::string name{};
  std::vector<TaskSpec> steps{};
  Json input = boost::json::object();
};

struct AddStep {
  using Answer = void;
  static constexpr std::string_view kOperation = "add_step";
  std::string saga{};
  TaskSpec step{};
};

struct ExecuteSaga {
  using Answer = void;
  static constexpr std::string_view kOperation = "execute_saga";
  std::string saga{};
};

struct RollBack {
  using Answer = void;
  static constexpr std::string_view kOperation = "roll_back";
  std::string saga{};
};

struct GetSaga {
  using Answer = SagaStatus;
  static constexpr std::string_view kOperation = "get_saga";
  std::string saga{};
};

struct ListSagas {
  using Answer = std::vector<SagaStatus>;
  static constexpr std::string_view kOperation = "list_sagas";
  std::size_t limit = 1000;
};

struct GetLog {
  using Answer = std::vector<CompensationLogEntry>;
  static constexpr std::string_view kOperation = "get_log";
  std::string workflow{};
};

}  // namespace pawl::request
