#include "runners/handler.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {
namespace {

std::string key_of(std::string_view module, std::string_view function) {
  std::string key(module);
  key += '\n';
  key += function;
  return key;
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
    return std::unexpected(TaskError("exception", "something that is no std::exception was thrown"));
  }
}

}  // namespace

AttemptOutcome outcome_of(TaskResult result, std::size_t max_result_bytes) {
  if (!result) return {.result = {}, .error = std::make_unique<TaskError>(std::move(result.error()))};
  JsonText text = JsonText::from(*result);
  if (text.view().size() <= max_result_bytes) return {.result = std::move(text), .error = nullptr};
  auto error = std::make_unique<TaskError>(
      "limit_exceeded", fmt::format("the result has {} bytes; the limit is {}", text.view().size(), max_result_bytes));
  error->retryable = false;
  return {.result = {}, .error = std::move(error)};
}

AttemptOutcome call_handler(const Handler& handler, TaskContext& context, std::size_t max_result_bytes) {
  return outcome_of(call_guarded(handler, context), max_result_bytes);
}

Result<void> HandlerRegistry::add(std::string module, std::string function, HandlerFunction handler,
                                  HandlerOptions options) {
  if (module.empty() || function.empty())
    return fail(ErrorCode::invalid_argument, "a handler needs the names of its module and its function");
  if (!handler)
    return fail(ErrorCode::invalid_argument, fmt::format("handler {}:{} is an empty function", module, function));
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
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = handlers_.try_emplace(std::move(key), nullptr);
    if (!is_new)
      return fail(ErrorCode::already_exists,
                  fmt::format("there is a handler {}:{} already", handler.module, handler.function));
    entry->second = std::make_unique<Handler>(std::move(handler));
  }
  if (added_) added_();
  return {};
}

const Handler* HandlerRegistry::find(std::string_view module, std::string_view function) const {
  const std::lock_guard lock(mutex_);
  const auto found = handlers_.find(key_of(module, function));
  return found == handlers_.end() ? nullptr : found->second.get();
}

Result<void> HandlerRegistry::check(std::string_view module, std::string_view function, const Json* args) const {
  const Handler* const handler = find(module, function);
  if (handler == nullptr) return unknown(module, function);
  if (handler->check_args == nullptr || args == nullptr) return {};
  return handler->check_args(*args);
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
    const std::lock_guard lock(mutex_);
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
