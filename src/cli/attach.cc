#include "cli/attach.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/directory.h"

namespace pawl::cli {
namespace {

constexpr std::size_t kShownHash = 12;

// As the engine lays a workflow's input over the defaults.
Json laid_over(const Definition& definition, const Json& input) {
  Json merged = definition.input().parse();
  for (const auto& member : input.get_object()) merged.get_object()[member.key()] = member.value();
  return merged;
}

std::string different_input(const Json& before, const Json& now) {
  for (const auto& member : now.get_object()) {
    const Json* const old = before.get_object().if_contains(member.key());
    if (old == nullptr || *old != member.value()) return member.key();
  }
  for (const auto& member : before.get_object())
    if (!now.get_object().contains(member.key())) return member.key();
  return {};
}

}  // namespace

Result<std::optional<WorkflowReport>> find_stored(const std::string& data_dir, const std::string& id) {
  const Result<std::unique_ptr<Engine>> engine = open_directory(data_dir, Purpose::to_read);
  if (!engine && engine.error().code == ErrorCode::not_found) return std::nullopt;
  if (!engine) return std::unexpected(engine.error());
  Result<WorkflowReport> report = (*engine)->orchestrator().get_workflow(id);
  if (!report && report.error().code == ErrorCode::not_found) return std::nullopt;
  if (!report) return std::unexpected(std::move(report.error()));
  return *std::move(report);
}

Result<void> check_same(const WorkflowReport& found, const Definition& definition, const Json& input) {
  const std::string which = fmt::format("there is a workflow {} already", in_quotes(found.status.id));
  if (found.definition->hash() != definition.hash())
    return fail(ErrorCode::conflict,
                fmt::format("{}, of another definition: {} {}, not {} {}; take another --id", which,
                            in_quotes(found.definition->name()), found.definition->hash().substr(0, kShownHash),
                            in_quotes(definition.name()), definition.hash().substr(0, kShownHash)));
  const Json before = found.input.parse();
  const Json now = laid_over(definition, input);
  if (before != now)
    return fail(ErrorCode::conflict, fmt::format("{}, with another input: {} differs; take another --id", which,
                                                 in_quotes(different_input(before, now))));
  return {};
}

Result<void> check_served(const Handlers& handlers, const std::string& id, const Definition& definition) {
  for (const HandlerName& handler : definition.handlers())
    if (!handlers.check(handler.module, handler.function, nullptr))
      return fail(ErrorCode::unavailable,
                  fmt::format("workflow {} needs the handler {}.{}, which this program does not have; only a program "
                              "that has it can go on with it",
                              in_quotes(id), handler.module, handler.function));
  return {};
}

}  // namespace pawl::cli
