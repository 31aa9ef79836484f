#include "runners/handler.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "base/choice.h"
#include "base/text.h"
#include "base/time.h"
#include "base/value_check.h"

namespace pawl {
namespace {

std::string key_of(std::string_view module, std::string_view function) {
  std::string key(module);
  key += '\n';
  key += function;
  return key;
}

constexpr std::size_t kMaxCodeBytes = 256;
constexpr std::size_t kMaxNameBytes = 256;  // as in definitions

// A name that a definition can contain.
bool is_name(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !name.empty() && name.size() <= kMaxNameBytes && find_invalid_utf8(name) == std::string_view::npos &&
         std::ranges::none_of(name, is_control);
}

// Modules of the definition format that a later version brings.
constexpr std::string_view kNotYet[] = {"http", "signal", "approval", "workflow", "mcp"};

TaskResult call_guarded(const Handler& handler, TaskContext& context) {
  try {
    return handler.call(context);
  } catch (const NoValue& missing) {
    return std::unexpected(TaskError(missing.error()));
  } catch (const std::exception& thrown) {
    return std::unexpected(TaskError("exception", thrown.what()));
  } catch (...) {
    return std::unexpected(TaskError("exception", "the handler threw an object that is not a std::exception"));
  }
}

AttemptOutcome failed(TaskError error) {
  return {.result = {}, .error = std::make_unique<TaskError>(std::move(error))};
}

// What a handler did is done; to do it once more would not change what it returns.
TaskError refused(std::string_view code, std::string message) {
  TaskError error(std::string(code), std::move(message));
  error.retryable = false;
  return error;
}

// A handler's error as it is kept. It still says what the handler said, as far as that can be stored.
TaskError storable(TaskError error, std::size_t max_details_bytes) {
  error.message = storable_message(std::move(error.message));
  if (error.retry_after) error.retry_after = std::clamp(*error.retry_after, Duration::zero(), kMaxDuration);
  make_storable(error.details);
  if (const std::size_t bytes = error.details.is_null() ? 0 : to_json_text(error.details).size();
      bytes > max_details_bytes) {
    error.details = nullptr;
    error.message += fmt::format(" (without its details of {} bytes; the limit is {})", bytes, max_details_bytes);
  }
  if (error.code.size() > kMaxCodeBytes || find_invalid_utf8(error.code) != std::string_view::npos) {
    error.message = fmt::format("an error whose code {} is not UTF-8 of at most {} bytes: {}", in_quotes(error.code),
                                kMaxCodeBytes, error.message);
    error.code = "invalid_argument";
    error.retryable = false;
  }
  return error;
}

}  // namespace

AttemptOutcome outcome_of(TaskResult result, std::size_t max_result_bytes) {
  if (!result) return failed(storable(std::move(result.error()), max_result_bytes));
  if (Result<void> ok = check_value(*result); !ok) {
    dismantle(*std::move(result));
    return failed(refused(to_string(ok.error().code), fmt::format("the result: {}", describe(ok.error()))));
  }
  JsonText text = JsonText::from(*result);
  if (text.view().size() <= max_result_bytes) return {.result = std::move(text), .error = nullptr};
  return failed(refused("limit_exceeded",
                        fmt::format("the result has {} bytes; the limit is {}", text.view().size(), max_result_bytes)));
}

AttemptOutcome call_handler(const Handler& handler, TaskContext& context, std::size_t max_result_bytes) {
  try {
    return outcome_of(call_guarded(handler, context), max_result_bytes);
  } catch (const std::exception& thrown) {  // its result, or what it threw, is too large for the memory there is
    return {.result = {}, .error = std::make_unique<TaskError>("exception", thrown.what())};
  }
}

Result<void> HandlerRegistry::add(std::string module, std::string function, HandlerFunction handler,
                                  HandlerOptions options) {
  if (Result<void> here = owner_.check(); !here) return here;
  if (module.empty() || function.empty())
    return fail(ErrorCode::invalid_argument, "a handler needs the names of its module and its function");
  for (const auto& [field, name] : {std::pair("module", &module), std::pair("function", &function)})
    if (!is_name(*name))
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{} cannot be in a definition: names are UTF-8 of at most {} bytes without control "
                              "characters",
                              in_quotes(*name), kMaxNameBytes),
                  field);
  if (!handler)
    return fail(ErrorCode::invalid_argument, fmt::format("handler {}:{} is an empty function", module, function));
  if (Result<void> ok = check_choice(options.mode, HandlerMode::non_blocking, "mode"); !ok) return ok;
  const bool inline_call = options.mode == HandlerMode::non_blocking;
  return add(Handler{.module = std::move(module),
                     .function = std::move(function),
                     .kind = inline_call ? HandlerKind::on_shard : HandlerKind::on_runner,
                     .call = std::move(handler),
                     .runner = inline_call ? nullptr : &pool_});
}

Result<void> HandlerRegistry::add(Handler handler) {
  std::string key = key_of(handler.module, handler.function);
  {
    const MutexLock lock(mutex_);
    const auto [entry, is_new] = handlers_.try_emplace(std::move(key), nullptr);
    if (!is_new)
      return fail(ErrorCode::already_exists,
                  fmt::format("handler {}:{} already exists", handler.module, handler.function));
    entry->second = std::make_unique<Handler>(std::move(handler));
  }
  if (added_) added_();
  return {};
}

const Handler* HandlerRegistry::find(std::string_view module, std::string_view function) const {
  const MutexLock lock(mutex_);
  const auto found = handlers_.find(key_of(module, function));
  return found == handlers_.end() ? nullptr : found->second.get();
}

Result<void> HandlerRegistry::check(std::string_view module, std::string_view function, const Json* args) const {
  if (Result<void> here = owner_.check(); !here) return here;
  const Handler* const handler = find(module, function);
  if (handler == nullptr) return unknown(module, function);
  const auto check_args = handler->check_written != nullptr ? handler->check_written : handler->check_args;
  return check_args == nullptr || args == nullptr ? Result<void>() : check_args(*args);
}

Result<std::vector<const Handler*>> HandlerRegistry::bind(const Definition& definition) const {
  std::vector<const Handler*> bound;
  for (const HandlerName& name : definition.handlers()) {
    bound.push_back(find(name.module, name.function));
    if (bound.back() == nullptr) return unknown(name.module, name.function);
  }
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const Handler& handler = *bound[definition.handler_index(task)];
    if (handler.check_args == nullptr || definition.args_have_places(task)) continue;
    if (Result<void> ok = handler.check_args(definition.args(task).parse()); !ok) {
      ok.error().field = fmt::format("tasks.{}.{}", definition.task_id(task), ok.error().field);
      return std::unexpected(std::move(ok.error()));
    }
  }
  return bound;
}

std::unexpected<Error> HandlerRegistry::unknown(std::string_view module, std::string_view function) const {
  if (std::ranges::find(kNotYet, module) != std::end(kNotYet))
    return fail(ErrorCode::invalid_argument,
                fmt::format("module {} is not supported yet by this version of Pawl", in_quotes(module)), "module");
  std::vector<std::string> modules;
  std::vector<std::string> functions;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, handler] : handlers_) {
      modules.push_back(handler->module);
      if (handler->module == module) functions.push_back(handler->function);
    }
  }
  const bool known_module = !functions.empty();
  std::vector<std::string>& known = known_module ? functions : modules;
  std::ranges::sort(known);
  const std::vector<std::string_view> views(known.begin(), known.end());
  if (known_module)
    return fail(ErrorCode::invalid_argument,
                fmt::format("module {} has no function {}{}", in_quotes(module), in_quotes(function),
                            did_you_mean(function, views)),
                "function");
  return fail(ErrorCode::invalid_argument,
              fmt::format("unknown module {}{}", in_quotes(module), did_you_mean(module, views)), "module");
}

}  // namespace pawl
