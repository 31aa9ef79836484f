#include "runners/builtin.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/time.h"
#include "runners/exec/exec_task.h"

namespace pawl {
namespace {

Result<void> check_count(const Json& args, std::size_t least, std::size_t most, std::string_view usage) {
  const std::size_t count = args.is_array() ? args.get_array().size() : 0;
  if (args.is_array() && count >= least && count <= most) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("{} arguments; {}", count, usage), "args");
}

Result<Duration> duration_of(const Json& value, WithoutUnit number) {
  if (value.is_string()) return parse_duration(value.get_string(), number);
  if (value.is_int64()) return duration_of_milliseconds(value.get_int64(), number);
  if (value.is_double()) return fraction_without_unit(value.get_double());
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} is not a duration: write e.g. 30s, or an integer of milliseconds", to_json_text(value)));
}

std::unexpected<Error> in_first_arg(Error error) {
  error.field = "args[0]";
  return std::unexpected(std::move(error));
}

Result<void> check_sleep(const Json& args, WithoutUnit number) {
  if (Result<void> ok = check_count(args, 1, 1, "it takes a duration"); !ok) return ok;
  if (Result<Duration> duration = duration_of(args.at(0), number); !duration)
    return in_first_arg(std::move(duration.error()));
  return {};
}

Result<void> check_sleep(const Json& args) { return check_sleep(args, WithoutUnit::any); }
Result<void> check_written_sleep(const Json& args) { return check_sleep(args, WithoutUnit::unambiguous); }

Result<Timestamp> time_of(const Json& value) {
  if (value.is_string()) return parse_time(value.get_string());
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} is not a time: write it as RFC 3339, e.g. 2026-11-23T08:30:00Z", to_json_text(value)));
}

Result<void> check_until(const Json& args) {
  if (Result<void> ok = check_count(args, 1, 1, "it takes a time"); !ok) return ok;
  if (Result<Timestamp> time = time_of(args.at(0)); !time) return in_first_arg(std::move(time.error()));
  return {};
}

Result<void> check_noop(const Json& args) { return check_count(args, 0, 100, "it takes any"); }
Result<void> check_echo(const Json& args) { return check_count(args, 1, 1, "it takes one value"); }

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
  if (Result<void> ok = check_count(args, 0, 1, "it takes {code, message} or nothing"); !ok) return ok;
  return args.get_array().empty() ? Result<void>() : check_error_options(args.at(0), "args[0]");
}

Result<void> check_flaky(const Json& args) {
  if (Result<void> ok = check_count(args, 1, 2, "it takes the number of failures, and {code, message}"); !ok) return ok;
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

Handler on_timer(std::string module, std::string function, Result<void> (*check)(const Json&)) {
  return {.module = std::move(module),
          .function = std::move(function),
          .kind = HandlerKind::on_timer,
          .call = nullptr,
          .check_args = check};
}

}  // namespace

void add_builtin_handlers(HandlerRegistry& handlers, Runner& exec) {
  const auto add = [&](Handler handler) {
    const Result<void> added = handlers.add(std::move(handler));
    PAWL_ASSERT(added.has_value(), "{}", added.error().message);
  };
  add({.module = "exec", .function = "run", .call = nullptr, .runner = &exec, .check_args = check_exec_run});
  add({.module = "exec", .function = "shell", .call = nullptr, .runner = &exec, .check_args = check_exec_shell});
  for (const char* const module : {"timer", "test"}) {
    Handler sleep = on_timer(module, "sleep", check_sleep);
    sleep.check_written = check_written_sleep;
    add(std::move(sleep));
  }
  add(on_timer("timer", "until", check_until));
  add(on_shard("noop", [](TaskContext&) -> TaskResult { return nullptr; }, check_noop));
  add(on_shard("echo", run_echo, check_echo));
  add(on_shard("fail", run_fail, check_fail));
  add(on_shard("flaky", run_flaky, check_flaky));
}

Result<TimerDue> timer_due(const Handler& handler, const Json& args, bool computed, Timestamp now) {
  const bool is_new = computed && handler.check_written != nullptr;
  if (Result<void> ok = is_new ? handler.check_written(args) : handler.check_args(args); !ok)
    return std::unexpected(std::move(ok.error()));
  if (handler.function == "until") {
    const Result<Timestamp> time = time_of(args.at(0));
    if (!time) return std::unexpected(time.error());
    return TimerDue{.at = *time, .by_wall_clock = true};
  }
  const Result<Duration> duration = duration_of(args.at(0), WithoutUnit::any);
  if (!duration) return std::unexpected(duration.error());
  return TimerDue{.at = saturating_add(now, *duration)};
}

}  // namespace pawl
