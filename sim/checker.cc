#include "sim/checker.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/evolve.h"
#include "persistence/keys.h"

namespace pawl::sim {
namespace {

bool lets_dependents_run(const core::Workflow& workflow, TaskIndex task) {
  const TaskState state = workflow.tasks[task].state;
  return has_result(state) || state == TaskState::skipped ||
         (state == TaskState::failed && workflow.definition().rules(task).allow_failure);
}

// As far as is durable.
bool may_start(const core::Workflow& workflow, const AttemptAddress& attempt) {
  const core::TaskRecord& record = workflow.tasks[attempt.task];
  return workflow.may_start_tasks() && record.state == TaskState::pending && record.attempt + 1U == attempt.attempt;
}

Timestamp at_of(const Event& event) {
  return std::visit([](const auto& happened) { return happened.at; }, event);
}

std::string describe_event(const Event& event) {
  std::string text(name_of(event));
  std::visit(
      [&](const auto& happened) {
        if constexpr (requires { happened.task; }) text += fmt::format(" of {}", happened.task);
        if constexpr (requires { happened.attempt; }) text += fmt::format(", attempt {}", happened.attempt);
        if constexpr (requires { happened.tasks; }) text += fmt::format(" {}", fmt::join(happened.tasks, ","));
        text += fmt::format(", at {}", happened.at.time_since_epoch().count());
      },
      event);
  return text;
}

}  // namespace

void Checker::violate(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

Checker::History& Checker::read(const std::string& id) {
  History& history = histories_[id];
  const MemoryRows::Table& rows = disk_.durable()[static_cast<std::size_t>(Space::history)];
  const std::string prefix = keys::prefix(id);
  for (auto row = rows.lower_bound(keys::history(id, history.events.size()));
       row != rows.end() && row->first.starts_with(prefix); ++row) {
    const std::uint64_t first = keys::from_big_endian(std::string_view(row->first).substr(prefix.size()));
    if (first != history.events.size())
      violate(fmt::format("{}: after {} events comes a run that begins with {}", id, history.events.size(), first));
    Result<std::vector<Event>> events = decode_events(row->second, definitions_);
    if (!events) {
      violate(fmt::format("{}: {}", id, describe(events.error())));
      return history;
    }
    std::ranges::move(*events, std::back_inserter(history.events));
  }
  return history;
}

std::map<std::uint64_t, std::string> Checker::read_runs(const std::string& id) const {
  std::map<std::uint64_t, std::string> runs;
  const MemoryRows::Table& rows = disk_.durable()[static_cast<std::size_t>(Space::history)];
  const std::string prefix = keys::prefix(id);
  for (auto row = rows.lower_bound(prefix); row != rows.end() && row->first.starts_with(prefix); ++row)
    runs.emplace(keys::from_big_endian(std::string_view(row->first).substr(prefix.size())), row->second);
  return runs;
}

void Checker::started(const Assignment& assignment, bool counted) {
  const std::string& id = assignment.facts->id.text();
  const AttemptAddress& attempt = assignment.address;
  History& history = read(id);
  const auto is_its_start = [&](const Event& event) {
    const auto* const start = std::get_if<event::TaskStarted>(&event);
    return start != nullptr && start->task == attempt.task && start->attempt == attempt.attempt;
  };
  const auto start = std::ranges::find_if(history.events.rbegin(), history.events.rend(), is_its_start);
  const bool is_durable = start != history.events.rend();
  // So many had happened by then.
  const auto past = is_durable ? static_cast<std::size_t>(history.events.rend() - start) : history.events.size();
  if (history.applied > past) {
    history.state = {};
    history.applied = 0;
  }
  core::Workflow& workflow = history.state;
  for (; history.applied < past; ++history.applied) core::evolve(workflow, history.events[history.applied]);
  if (workflow.facts == nullptr || workflow.state != WorkflowState::running) {
    violate(fmt::format("{}: task {} is started before its workflow", id, attempt.task));
    return;
  }
  if (!is_durable && (counted || !may_start(workflow, attempt)))
    violate(fmt::format("{}: attempt {} of task {} is made before its start is durable", id, attempt.attempt,
                        attempt.task));
  for (const TaskIndex dependency : workflow.definition().dependencies(attempt.task))
    if (!lets_dependents_run(workflow, dependency))
      violate(fmt::format("{}: task {} was started before what it depends on", id, attempt.task));
}

void Checker::observed(const std::string& id, const Event& event) {
  if (removed_.contains(id)) return;
  const std::vector<Event>& durable = read(id).events;
  Watched& watched = watched_[id];
  const auto is_same = [told = describe_event(event)](const Event& each) { return describe_event(each) == told; };
  while (!watched.is_known && watched.next < durable.size() && !is_same(durable[watched.next])) ++watched.next;
  watched.is_known = true;
  if (watched.next >= durable.size()) {
    violate(fmt::format("{}: {} is observed before it is durable", id, name_of(event)));
  } else if (!is_same(durable[watched.next])) {
    violate(fmt::format("{}: {} is observed where {} comes, number {}", id, name_of(event),
                        name_of(durable[watched.next]), watched.next));
  }
  ++watched.next;
}

void Checker::may_have_missed(const std::function<bool(const std::string& id)>& chosen) {
  for (auto& [id, watched] : watched_)
    if (chosen(id)) watched.is_known = false;
}

void Checker::removed(const std::string& id) {
  removed_.insert(id);
  histories_.erase(id);
  acknowledged_.erase(id);
}

void Checker::acknowledged(const std::string& id, std::uint64_t events) {
  if (removed_.contains(id)) return;
  const std::size_t durable = read(id).events.size();
  if (durable < events) violate(fmt::format("{}: {} events were acknowledged, {} are durable", id, events, durable));
  for (auto& [first, run] : read_runs(id))
    if (first < events) acknowledged_[id].emplace(first, std::move(run));
}

std::string Checker::describe_history(const std::string& id) {
  std::string text;
  for (const Event& event : read(id).events) text += describe_event(event) + '\n';
  return text;
}

void Checker::check_acknowledged() {
  for (const auto& [id, runs] : acknowledged_) {
    const std::map<std::uint64_t, std::string> durable = read_runs(id);
    for (const auto& [first, run] : runs) {
      const auto found = durable.find(first);
      if (found == durable.end() || found->second != run)
        violate(fmt::format("{}: the acknowledged events from {} on are {}", id, first,
                            found == durable.end() ? "lost" : "others"));
    }
  }
}

// What has completed last is undone first, and each completion is undone at most once.
class Checker::Undoing {
 public:
  // Before the event is applied. Empty: nothing is wrong.
  std::string look_at(const core::Workflow& before, const Event& event) {
    if (const auto* completed = std::get_if<event::TaskCompleted>(&event)) {
      if (before.is_compensation(completed->task)) return undone(before.definition().task_of(completed->task));
      completed_.emplace_back(++completions_, completed->task);
    } else if (std::holds_alternative<event::WorkflowRestored>(event)) {
      completed_.clear();  // what it was restored to is not known here
      restored_ = true;
    } else if (std::holds_alternative<event::WorkflowCompensating>(event)) {
      last_ = completions_ + 1;
    } else if (const auto* started = std::get_if<event::TaskStarted>(&event)) {
      if (!before.is_compensation(started->task) || restored_) return {};
      const TaskIndex task = before.definition().task_of(started->task);
      const auto latest = latest_of(task);
      if (latest == completed_.rend()) return fmt::format("task {} is undone, and was not done", task);
      if (latest->first > last_)
        return fmt::format("task {} is undone after another one, which had completed before it", task);
      last_ = latest->first;
    }
    return {};
  }

 private:
  using Completed = std::vector<std::pair<std::uint64_t, TaskIndex>>;

  Completed::reverse_iterator latest_of(TaskIndex task) {
    return std::ranges::find(completed_.rbegin(), completed_.rend(), task, &Completed::value_type::second);
  }

  std::string undone(TaskIndex task) {
    const auto latest = latest_of(task);
    if (latest != completed_.rend()) {
      completed_.erase(std::next(latest).base());
    } else if (!restored_) {
      return fmt::format("task {} was undone once more than it was done", task);
    }
    return {};
  }

  Completed completed_;  // and not undone, in this order, each with its number
  std::uint64_t completions_ = 0;
  std::uint64_t last_ = 0;  // that was to be undone
  bool restored_ = false;
};

void Checker::check_ended(const std::string& id) {
  core::Workflow workflow;
  Undoing undoing;
  // Whether it undoes, and which task: a compensation that is registered moves the positions of others.
  using ActionKey = std::pair<bool, TaskIndex>;
  const auto key_of = [&](TaskIndex action) {
    return workflow.is_compensation(action) ? ActionKey(true, workflow.definition().task_of(action))
                                            : ActionKey(false, action);
  };
  std::set<ActionKey> outcomes;
  std::set<std::pair<ActionKey, std::uint32_t>> starts;
  Timestamp before;
  histories_.erase(id);  // as it is on the disk, whatever was read before
  for (const Event& event : read(id).events) {
    const Timestamp at = at_of(event);
    if (at < before) violate(fmt::format("{}: {} happened before the event that it follows", id, name_of(event)));
    before = std::max(before, at);
    if (workflow.facts != nullptr)
      if (const std::string wrong = undoing.look_at(workflow, event); !wrong.empty())
        violate(fmt::format("{}: {}", id, wrong));
    core::evolve(workflow, event);
    if (std::holds_alternative<event::WorkflowRestored>(event) || std::holds_alternative<event::WorkflowRevived>(event))
      outcomes.clear();
    if (std::holds_alternative<event::WorkflowCompensating>(event))
      std::erase_if(outcomes, [](const ActionKey& action) { return action.first; });
    TaskIndex over = core::kNoTask;
    if (const auto* completed = std::get_if<event::TaskCompleted>(&event)) over = completed->task;
    if (const auto* failed = std::get_if<event::TaskFailed>(&event)) over = failed->task;
    if (over != core::kNoTask && !outcomes.insert(key_of(over)).second)
      violate(fmt::format("{}: task {} has two outcomes", id, over));
    const auto* const start = std::get_if<event::TaskStarted>(&event);
    // What undoes a task has an outcome for each completion that it undoes.
    if (start != nullptr && workflow.is_compensation(start->task)) outcomes.erase(key_of(start->task));
    if (start != nullptr && !starts.emplace(key_of(start->task), start->attempt).second)
      violate(fmt::format("{}: attempt {} of task {} was started twice", id, start->attempt, start->task));
  }
  if (workflow.facts == nullptr) {
    violate(fmt::format("{}: nothing is known of it", id));
  } else if (!is_terminal(workflow.state)) {
    violate(fmt::format("{}: it has not ended: {}, {} tasks open, {} running", id, to_string(workflow.state),
                        workflow.open_tasks, workflow.running_tasks));
  } else if (!workflow.after->to_compensate.empty()) {
    violate(fmt::format("{}: it has ended before all was undone", id));
  }
}

}  // namespace pawl::sim
