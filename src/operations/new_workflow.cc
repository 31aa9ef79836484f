#include "operations/new_workflow.h"

#include <utility>

#include <fmt/format.h>

#include "base/choice.h"
#include "base/text.h"
#include "base/value_check.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {
namespace {

Result<JsonText> merge_input(const Definition& definition, const Json& input, std::size_t max_bytes) {
  if (!input.is_object()) return fail(ErrorCode::invalid_argument, "the input must be a JSON object", "input");
  if (input.get_object().empty()) return definition.input();
  if (Result<void> ok = check_value(input, "input"); !ok) return std::unexpected(std::move(ok.error()));
  Json merged = definition.input().parse();
  for (const auto& member : input.get_object()) merged.get_object()[member.key()] = member.value();
  JsonText text = JsonText::from(merged);
  if (text.view().size() > max_bytes)
    return fail(ErrorCode::limit_exceeded,
                fmt::format("it has {} bytes; the limit is {}", text.view().size(), max_bytes), "input");
  return text;
}

// The first member that is not the same in both.
std::string first_difference(const Json& before, const Json& now) {
  for (const auto& member : now.get_object()) {
    const Json* const old = before.get_object().if_contains(member.key());
    if (old == nullptr || *old != member.value()) return member.key();
  }
  for (const auto& member : before.get_object())
    if (!now.get_object().contains(member.key())) return member.key();
  return {};
}

// Whether creating a workflow of these facts would make the one that there is. Error: `already_exists`, which says what
// differs.
Result<void> check_same(const WorkflowFacts& existing, const WorkflowFacts& wanted) {
  constexpr std::size_t kShownHash = 12;
  const Definition& before = *existing.definition;
  const Definition& now = *wanted.definition;
  const std::string which = fmt::format("workflow {} already exists", in_quotes(existing.id.text()));
  if (before.hash() != now.hash())
    return fail(ErrorCode::already_exists, fmt::format("{}, of another definition: {} {}, not {} {}", which,
                                                       in_quotes(before.name()), before.hash().substr(0, kShownHash),
                                                       in_quotes(now.name()), now.hash().substr(0, kShownHash)));
  if (existing.input == wanted.input) return {};
  const Result<Json> before_input = existing.input.try_parse();
  const Result<Json> now_input = wanted.input.try_parse();
  if (!before_input || !now_input) return std::unexpected((before_input ? now_input : before_input).error());
  const std::string difference = first_difference(*before_input, *now_input);
  if (difference.empty()) return {};  // the same in another order
  return fail(ErrorCode::already_exists,
              fmt::format("{}, with another input: {} differs", which, in_quotes(difference)));
}

Result<DefinitionPtr> define(Node& node, const WorkflowSpec& spec) {
  return make_definition(spec, {.limits = node.options().definitions, .handlers = &node.handlers()});
}

}  // namespace

// All that can be done before its shard is asked.
Result<NewWorkflow> prepare_workflow(Node& node, const DefinitionPtr& definition, const CreateOptions& options) {
  if (!definition) return fail(ErrorCode::invalid_argument, "it is null", "definition");
  if (Result<void> ok = check_choice(options.if_exists, IfExists::replace_ended, "if_exists"); !ok)
    return std::unexpected(std::move(ok.error()));
  if (Result<void> ok = check_choice(options.priority.value_or(Priority::normal), Priority::critical, "priority"); !ok)
    return std::unexpected(std::move(ok.error()));
  if (options.id)
    if (Result<void> ok = check_workflow_id(*options.id); !ok) return std::unexpected(std::move(ok.error()));
  if (Result<void> ok = node.policies().registry().check(*definition); !ok)
    return std::unexpected(std::move(ok.error()));
  Result<BoundDefinitionPtr> bound = node.definitions().bind(definition);
  if (!bound) return std::unexpected(std::move(bound.error()));
  Result<JsonText> input = merge_input(*definition, options.input, node.options().definitions.args_bytes);
  if (!input) return std::unexpected(std::move(input.error()));
  auto facts =
      std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId(options.id ? *options.id : node.new_id()),
                                                          .definition = (*bound)->definition,
                                                          .input = *std::move(input),
                                                          .priority = options.priority.value_or(definition->priority()),
                                                          .cancel_grace = node.options().cancel_grace});
  CanonicalText canonical = canonical_for(node, facts->id.text(), **bound);
  return NewWorkflow{.bound = *std::move(bound),
                     .facts = std::move(facts),
                     .id_may_be_taken = options.id.has_value(),
                     .if_exists = options.if_exists,
                     .canonical = std::move(canonical)};
}

Result<NewWorkflow> prepare_workflow(Node& node, const std::variant<DefinitionPtr, WorkflowSpec>& what,
                                     const CreateOptions& options) {
  if (const auto* const definition = std::get_if<DefinitionPtr>(&what))
    return prepare_workflow(node, *definition, options);
  const Result<DefinitionPtr> made = define(node, std::get<WorkflowSpec>(what));
  if (!made) return std::unexpected(made.error());
  return prepare_workflow(node, *made, options);
}

Result<LiveWorkflow*> create_or_attach(Node& node, Shard& shard, const NewWorkflow& wanted, StoreLookup* lookup,
                                       bool& is_outdated) {
  if (lookup == nullptr) return shard.lifecycle().create(wanted.bound, wanted.facts, false);
  const std::string& id = wanted.facts->id.text();
  if (wanted.if_exists == IfExists::refuse) {
    is_outdated = shard.recovery().is_outdated(*lookup);
    if (is_outdated) return nullptr;
    return shard.lifecycle().create(wanted.bound, wanted.facts, lookup->is_stored());
  }
  Result<LiveWorkflow*> existing = shard.recovery().find_or_take_up(*lookup, is_outdated);
  if (!existing || is_outdated) return existing;
  if (*existing == nullptr) return shard.lifecycle().create(wanted.bound, wanted.facts, false);
  if (wanted.if_exists == IfExists::attach) {
    if (Result<void> same = check_same(*(*existing)->state.facts, *wanted.facts); !same)
      return std::unexpected(std::move(same.error()));
    return existing;
  }
  Result<LiveWorkflow*> replaced = shard.lifecycle().replace(**existing, wanted.bound, wanted.facts);
  if (replaced) node.bookmarks().forget_deleted(id);
  return replaced;
}

Steps<std::string> make_workflow(Call call, std::variant<DefinitionPtr, WorkflowSpec> what, CreateOptions options,
                                 OnShard then) {
  const Result<NewWorkflow> wanted = prepare_workflow(call.node, what, options);
  if (!wanted) co_return std::unexpected(wanted.error());
  const std::string& id = wanted->facts->id.text();
  const auto make = [&](Shard& shard, StoreLookup* lookup, bool& is_outdated) -> Result<std::string> {
    const Result<LiveWorkflow*> workflow = create_or_attach(call.node, shard, *wanted, lookup, is_outdated);
    if (!workflow) return std::unexpected(workflow.error());
    if (is_outdated) return no_such_workflow(id);
    const Result<void> done = then(shard, **workflow);
    return done ? Result<std::string>(id) : std::unexpected(done.error());
  };
  if (!wanted->id_may_be_taken) {
    bool is_outdated = false;
    Result<std::string> made = co_await ask_last<std::string>(
        call, call.node.shard_of(id), [&](Shard& shard) { return make(shard, nullptr, is_outdated); });
    co_return made;
  }
  Result<std::string> made =
      co_await ask_with_lookup<std::string>(call, id, FirstLook::whether_stored, Then::answer, make);
  co_return made;
}

Result<BoundDefinitionPtr> bind_spec(Node& node, const WorkflowSpec& spec) {
  Result<DefinitionPtr> definition = define(node, spec);
  if (!definition) return std::unexpected(std::move(definition.error()));
  if (Result<void> ok = node.policies().registry().check(**definition); !ok)
    return std::unexpected(std::move(ok.error()));
  return node.definitions().bind(*definition);
}

CanonicalText canonical_for(const Node& node, const std::string& id, const BoundDefinition& bound) {
  if (!node.store()->is_durable()) return nullptr;
  const Shard& shard = node.shard_of(id);
  return bound.canonical_for(shard.index(), shard.commits().life());
}

}  // namespace pawl::operations
