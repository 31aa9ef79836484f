#include "cli/find_workflow.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/open_data_dir.h"

namespace pawl::cli {
Result<std::optional<WorkflowReport>> find_stored(const std::string& data_dir, const DefinitionPtr& definition,
                                                  CreateOptions wanted) {
  const Result<std::unique_ptr<Engine>> engine = open_directory(data_dir, Purpose::to_change);
  if (!engine && engine.error().code == ErrorCode::not_found) return std::nullopt;
  if (!engine) return std::unexpected(engine.error());
  Orchestrator& orchestrator = (*engine)->orchestrator();
  const Result<WorkflowReport> report = orchestrator.get_workflow(*wanted.id);
  if (!report && report.error().code == ErrorCode::not_found) return std::nullopt;
  if (!report) return std::unexpected(report.error());
  wanted.if_exists = IfExists::attach;
  const Result<std::string> same = orchestrator.create_workflow(definition, wanted);
  if (same) return *report;
  Error error = same.error();
  if (error.code == ErrorCode::already_exists) {
    error.code = ErrorCode::conflict;
    error.message += "; take another --id";
  }
  return std::unexpected(std::move(error));
}

Result<void> check_served(const Handlers& handlers, const std::string& id, const Definition& definition) {
  for (const HandlerName& handler : definition.handlers())
    if (!handlers.check(handler.module, handler.function, nullptr))
      return fail(ErrorCode::unavailable,
                  fmt::format("workflow {} needs the handler {}.{}, which this program does not have; only a program "
                              "that has it can continue it",
                              in_quotes(id), handler.module, handler.function));
  return {};
}

}  // namespace pawl::cli
