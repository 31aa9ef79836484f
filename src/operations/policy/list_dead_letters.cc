#include <utility>

#include "operations/policy/operations.h"
#include "operations/walk.h"
#include "orchestrator/first_of.h"
#include "orchestrator/report.h"

namespace pawl::operations {
namespace {

std::string code_of(const JsonText& error) {
  const Json parsed = error.parse();
  const auto* const object = parsed.if_object();
  const auto* const code = object == nullptr ? nullptr : object->if_contains("code");
  return code != nullptr && code->is_string() ? std::string(code->get_string()) : std::string();
}

bool fits(const DeadLetterFilter& filter, const DeadLetter& letter) {
  return (filter.workflow.empty() || letter.id.workflow == filter.workflow) &&
         (filter.name.empty() || letter.name == filter.name) &&
         (filter.task.empty() || letter.id.task == filter.task) &&
         (!filter.failed_before || letter.failed_at < *filter.failed_before) &&
         (!filter.after || letter.id > *filter.after) && (filter.code.empty() || code_of(letter.error) == filter.code);
}

struct ById {
  bool operator()(const DeadLetter& a, const DeadLetter& b) const { return a.id < b.id; }
};

// Cheaper than looking at its tasks.
bool may_have_letters(const DeadLetterFilter& filter, const core::Workflow& workflow) {
  return (workflow.failed_tasks > 0 || workflow.after->failed_compensations > 0) &&
         (filter.workflow.empty() || workflow.id() == filter.workflow) &&
         (filter.name.empty() || workflow.definition().name() == filter.name);
}

Steps<std::vector<DeadLetter>> letters_in_memory(const Call& call, const DeadLetterFilter& filter) {
  FirstOf<DeadLetter, ById> letters(filter.limit);
  for (const auto& shard : call.node.shards()) {
    Result<void> walked = co_await walk(call, *shard, [&](const core::Workflow& workflow) {
      if (!may_have_letters(filter, workflow)) return true;
      core::for_each_action(workflow, [&](ActionId action, const core::TaskRecord&) {
        if (auto letter = letter_of(workflow, action); letter && fits(filter, *letter))
          letters.offer(*std::move(letter));
      });
      return true;
    });
    if (!walked) co_return std::unexpected(std::move(walked.error()));
  }
  co_return std::move(letters).in_order();
}

}  // namespace

Steps<std::vector<DeadLetter>> list_dead_letters(Call call, request::ListDeadLetters request) {
  const DeadLetterFilter& filter = request.filter;
  std::vector<DeadLetter> found;
  if (filter.limit == 0) co_return found;
  const std::shared_ptr<Store> store = call.node.store();
  if (!store->is_durable()) {
    Result<std::vector<DeadLetter>> here = co_await letters_in_memory(call, filter);
    co_return here;
  }
  co_await OffShard(call);
  Result<void> scanned =
      store->scan_dead_letters(filter.after ? &*filter.after : nullptr, filter.workflow, [&](const DeadLetter& letter) {
        if (fits(filter, letter)) found.push_back(letter);
        return found.size() < filter.limit;
      });
  if (!scanned) co_return std::unexpected(std::move(scanned.error()));
  Result<void> durable = co_await until_all_durable(call);
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  co_return found;
}

}  // namespace pawl::operations
