#include "runners/builtin.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "model/time_waits.h"
#include "runners/exec/exec_task.h"

namespace pawl {
namespace {

Result<void> check_noop(const Json& args) { return check_arg_count(args, 0, 100, "it takes any"); }
Result<void> check_echo(const Json& args) { return check_arg_count(args, 1, 1, "it takes one value"); }

// {code, message}, both optional.
TaskError error_of(const Json* options) {
  TaskError error("test_failure", "test.fail was asked to fail");
  if (options == nullptr || !options->is_object()) return error;
  const boost::json::object& object = options->get_object();
  if (const auto* code = object.if_contains("code"); code != nullptr && code->is_string())
    error.code = code->get_string();
  if (const auto* message = object.if_contains("message"); message != nullptr && message->is_string())
    error.message = message->get_string();
  return error;
}

Result<void> check_error_options(const Json& options, std::string_view field) {
  if (!options.is_object())
    return fail(ErrorCode::invalid_argument, "must be an object {code, message}", std::string(field));
  for (const auto& member : options.get_object())
    if ((member.key() != "code" && member.key() != "message") || !member.value().is_string())
      return fail(ErrorCode::invalid_argument, "takes the strings code and message only", std::string(field));
  return {};
}

Result<void> check_fail(const Json& args) {
  if (Result<void> ok = check_arg_count(args, 0, 1, "it takes {code, message} or nothing"); !ok) return ok;
  return args.get_array().empty() ? Result<void>() : check_error_options(args.at(0), "args[0]");
}

Result<void> check_flaky(const Json& args) {
  if (Result<void> ok = check_arg_count(args, 1, 2, "it takes the number of failures, and {code, message}"); !ok)
    return ok;
  if (!args.at(0).is_int64() || args.at(0).get_int64() < 0)
    return fail(ErrorCode::invalid_argument, "must be the number of failures before success", "args[0]");
  return args.get_array().size() < 2 ? Result<void>() : check_error_options(args.at(1), "args[1]");
}

// A test handler that was given its args through `${{ }}` checks them when it is called.
TaskResult run_fail(TaskContext& task) {
  if (Result<void> ok = check_fail(task.args()); !ok) return std::unexpected(TaskError(ok.error()));
  const boost::json::array& args = task.args().get_array();
  return std::unexpected(error_of(args.empty() ? nullptr : &args.front()));
}

TaskResult run_flaky(TaskContext& task) {
  if (Result<void> ok = check_flaky(task.args()); !ok) return std::unexpected(TaskError(ok.error()));
  const boost::json::array& args = task.args().get_array();
  if (task.attempt() > static_cast<std::uint64_t>(args.at(0).get_int64())) return Json(task.attempt());
  TaskError error = error_of(args.size() < 2 ? nullptr : &args.at(1));
  if (args.size() < 2) error.message = fmt::format("attempt {} fails by design", task.attempt());
  return std::unexpected(std::move(error));
}

TaskResult run_echo(TaskContext& task) {
  if (Result<void> ok = check_echo(task.args()); !ok) return std::unexpected(TaskError(ok.error()));
  return task.args().at(0);
}

Result<void> check_exec_run(const Json& args) {
  Result<runners::ExecTask> task = runners::read_exec_args(runners::ExecFunction::run, args);
  return task ? Result<void>() : std::unexpected(std::move(task.error()));
}

Result<void> check_exec_shell(const Json& args) {
  Result<runners::ExecTask> task = runners::read_exec_args(runners::ExecFunction::shell, args);
  return task ? Result<void>() : std::unexpected(std::move(task.error()));
}

Handler on_shard(std::string function, HandlerFunction call, Result<void> (*check)(const Json&)) {
  return {.module = "test",
          .function = std::move(function),
          .kind = HandlerKind::on_shard,
          .call = std::move(call),
          .check_args = check};
}

// No attempt is ever given to it.
Handler handler_of(const WaitKind& kind) {
  return {.module = std::string(kind.module),
          .function = std::string(kind.function),
          .kind = HandlerKind::wait,
          .call = nullptr,
          .check_args = kind.check_args,
          .check_written = kind.check_written};
}

}  // namespace

void add_builtin_handlers(HandlerRegistry& handlers, const BuiltinRunners& runners) {
  const auto add = [&](Handler handler) {
    const Result<void> added = handlers.add(std::move(handler));
    PAWL_ASSERT(added.has_value(), "{}", added.error().message);
  };
  add({.module = "exec", .function = "run", .call = nullptr, .runner = &runners.exec, .check_args = check_exec_run});
  add({.module = "exec",
       .function = "shell",
       .call = nullptr,
       .runner = &runners.exec,
       .check_args = check_exec_shell});
  add({.module = "test",
       .function = "sleep",
       .call = nullptr,
       .runner = &runners.sleeps,
       .check_args = check_sleep,
       .check_written = check_written_sleep});
  for (const WaitKind* const kind : wait_kinds()) add(handler_of(*kind));
  add(on_shard("noop", [](TaskContext&) -> TaskResult { return nullptr; }, check_noop));
  add(on_shard("echo", run_echo, check_echo));
  add(on_shard("fail", run_fail, check_fail));
  add(on_shard("flaky", run_flaky, check_flaky));
}

}  // namespace pawl
