#include "sim/checker.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/evolve.h"
#include "model/event_rows.h"
#include "model/stored_values.h"
#include "orchestrator/definition_library.h"
#include "persistence/keys.h"
#include "persistence/stored_rows.h"

namespace pawl::sim {
namespace {

bool lets_dependents_run(const core::Workflow& workflow, TaskIndex task) {
  const TaskState state = workflow.tasks[task].state;
  return has_result(state) || state == TaskState::skipped ||
         (state == TaskState::failed && workflow.definition().rules(task).allow_failure);
}

// As far as is durable.
bool may_start(const core::Workflow& workflow, const AttemptAddress& attempt) {
  const core::TaskRecord& record = workflow.record(attempt.action);
  return workflow.may_start_tasks() && record.state == TaskState::pending && record.attempt + 1U == attempt.attempt;
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

const MemoryRows::Table& rows_of(const Disk& disk, Space space) {
  return disk.durable()[static_cast<std::size_t>(space)];
}

// Each is read once.
DefinitionSource definitions_on(const Disk& disk) {
  return [&disk, known = std::make_shared<std::map<std::string, DefinitionPtr>>()](
             const std::string& hash) -> Result<DefinitionPtr> {
    if (const auto found = known->find(hash); found != known->end()) return found->second;
    const MemoryRows::Table& rows = rows_of(disk, Space::definitions);
    const auto row = rows.find(to_stored_hash(hash));
    if (row == rows.end()) return fail(ErrorCode::not_found, fmt::format("definition {} is not stored", hash));
    Result<DefinitionPtr> definition = read_stored_definition(hash, row->second);
    if (definition) known->emplace(hash, *definition);
    return definition;
  };
}

}  // namespace

Checker::Checker(const Disk& disk) : Checker(disk, definitions_on(disk)) {}

void Checker::violate(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

Checker::History& Checker::read(const std::string& id) {
  History& history = histories_[id];
  EventDecoder decoder(definitions_, history.facts);
  const std::optional<StoredRun> tail = read_tail(id);
  const auto take = [&](std::uint64_t first, const std::string& run) {
    if (first != history.events.size())
      violate(fmt::format("{}: after {} events comes a run that begins with {}", id, history.events.size(), first));
    std::vector<std::string> by;
    Result<std::vector<Event>> events = decoder.decode_run(run, &by);
    if (!events) {
      violate(fmt::format("{}: {}", id, describe(events.error())));
      return false;
    }
    std::ranges::move(*events, std::back_inserter(history.events));
    history.facts = decoder.facts();
    for (const std::string& each : by)
      if (!each.empty()) ++history.asked[each];
    return true;
  };
  const auto take_tail = [&] {
    return !tail || tail->first_event != history.events.size() || take(tail->first_event, tail->events);
  };
  const MemoryRows::Table& rows = rows_of(disk_, Space::history);
  const std::string prefix = keys::prefix(id);
  for (auto row = rows.lower_bound(keys::history(id, history.events.size()));
       row != rows.end() && row->first.starts_with(prefix); ++row) {
    const std::uint64_t first = keys::from_big_endian(std::string_view(row->first).substr(prefix.size()));
    if (first > history.events.size() && !take_tail()) return history;
    if (!take(first, row->second)) return history;
  }
  (void)take_tail();
  return history;
}

// The run that lies in the row of an ended workflow.
std::optional<StoredRun> Checker::read_tail(const std::string& id) const {
  const MemoryRows::Table& ended = rows_of(disk_, Space::ended);
  const auto row = ended.find(id);
  if (row == ended.end()) return std::nullopt;
  Result<std::optional<StoredRun>> tail = decode_tail(id, row->second);
  return tail ? *std::move(tail) : std::nullopt;
}

std::map<std::uint64_t, std::string> Checker::read_runs(const std::string& id) const {
  std::map<std::uint64_t, std::string> runs;
  const MemoryRows::Table& rows = rows_of(disk_, Space::history);
  const std::string prefix = keys::prefix(id);
  for (auto row = rows.lower_bound(prefix); row != rows.end() && row->first.starts_with(prefix); ++row)
    runs.emplace(keys::from_big_endian(std::string_view(row->first).substr(prefix.size())), row->second);
  if (const std::optional<StoredRun> tail = read_tail(id)) runs.emplace(tail->first_event, tail->events);
  return runs;
}

void Checker::started(const Assignment& assignment, bool counted) {
  const std::string& id = assignment.facts->id.text();
  if (is_loose(id)) return;
  const AttemptAddress& attempt = assignment.address;
  History& history = read(id);
  const auto is_its_start = [&](const Event& event) {
    const auto* const start = std::get_if<event::TaskStarted>(&event);
    return start != nullptr && start->action == attempt.action && start->attempt == attempt.attempt;
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
    violate(fmt::format("{}: {} is started before its workflow", id, to_string(attempt.action)));
    return;
  }
  if (!is_durable && (counted || !may_start(workflow, attempt)))
    violate(fmt::format("{}: attempt {} of {} is made before its start is durable", id, attempt.attempt,
                        to_string(attempt.action)));
  for (const TaskIndex dependency : workflow.definition().dependencies(attempt.action))
    if (!lets_dependents_run(workflow, dependency))
      violate(fmt::format("{}: {} was started before what it depends on", id, to_string(attempt.action)));
}

void Checker::observed(const std::string& id, const Event& event) {
  if (removed_.contains(id) || is_loose(id)) return;
  const std::vector<Event>& durable = read(id).events;
  Watched& watched = watched_[id];
  const auto is_same = [told = describe_event(event)](const Event& each) { return describe_event(each) == told; };
  std::vector<std::size_t> next;
  if (watched.is_known) {
    for (const std::size_t number : watched.next)
      if (number < durable.size() && is_same(durable[number])) next.push_back(number + 1);
  } else {
    for (std::size_t number = watched.next.front(); number < durable.size(); ++number)
      if (is_same(durable[number])) next.push_back(number + 1);
  }
  watched.is_known = true;
  if (!next.empty()) {
    watched.next = std::move(next);
    return;
  }
  const std::size_t expected = watched.next.front();
  violate(expected >= durable.size() ? fmt::format("{}: {} is observed before it is durable", id, name_of(event))
                                     : fmt::format("{}: {} is observed where {} comes, number {}", id, name_of(event),
                                                   name_of(durable[expected]), expected));
}

void Checker::may_have_missed(const std::function<bool(const std::string& id)>& chosen) {
  for (auto& [id, watched] : watched_)
    if (chosen(id)) watched.is_known = false;
}

bool Checker::is_loose(const std::string& id) {
  if (!is_stored_) loose_.insert(id);
  return loose_.contains(id);
}

bool Checker::is_there(const std::string& id) const {
  const MemoryRows::Table& history = rows_of(disk_, Space::history);
  const auto run = history.lower_bound(keys::prefix(id));
  if (run != history.end() && run->first.starts_with(keys::prefix(id))) return true;
  return std::ranges::any_of(std::array{Space::live, Space::ended, Space::checkpoints},
                             [&](Space space) { return rows_of(disk_, space).contains(id); });
}

bool Checker::is_removed(const std::string& id) const {
  return removed_.contains(id) || (leaving_.contains(id) && !is_there(id));
}

void Checker::removed(const std::string& id) {
  if (is_loose(id)) return;
  removed_.insert(id);
  histories_.erase(id);
  acknowledged_.erase(id);
  answers_.erase(id);
  if (is_there(id)) violate(fmt::format("{}: its removal was acknowledged, and is not durable", id));
}

void Checker::acknowledged(const std::string& id, const std::string& by, bool leaves_an_event) {
  if (is_loose(id) || is_removed(id)) return;
  const std::size_t caused = read(id).asked[by];
  answers_[id][by] = caused;
  if (leaves_an_event && caused == 0)
    violate(fmt::format("{}: what {} asked for was acknowledged, and is not durable", id, by));
  for (auto& [first, run] : read_runs(id)) acknowledged_[id].emplace(first, std::move(run));
}

void Checker::refused(const std::string& id, const std::string& by) {
  if (!is_loose(id) && !is_removed(id)) answers_[id][by] = 0;
}

void Checker::check_answers(const std::string& id, const std::map<std::string, std::size_t>& answers) {
  const std::map<std::string, std::size_t>& asked = read(id).asked;
  for (const auto& [by, events] : answers) {
    const auto caused = asked.find(by);
    const std::size_t durable = caused == asked.end() ? 0 : caused->second;
    if (durable != events)
      violate(fmt::format("{}: {} had caused {} events when it was answered, and has now caused {}", id, by, events,
                          durable));
  }
}

DefinitionPtr Checker::definition_of(const std::string& id) {
  const WorkflowFactsPtr& facts = read(id).facts;
  return facts == nullptr ? nullptr : facts->definition;
}

core::Workflow Checker::state_of(const std::string& id) {
  core::Workflow state;
  for (const Event& event : read(id).events) core::evolve(state, event);
  return state;
}

std::string Checker::describe_history(const std::string& id) {
  std::string text;
  for (const Event& event : read(id).events) text += describe_event(event) + '\n';
  return text;
}

void Checker::check_acknowledged() {
  for (const std::string& id : removed_)
    if (!is_loose(id) && is_there(id)) violate(fmt::format("{}: it was removed, and is there", id));
  for (const auto& [id, answers] : answers_)
    if (!is_loose(id) && !is_removed(id)) check_answers(id, answers);
  for (const auto& [id, runs] : acknowledged_) {
    if (is_loose(id) || is_removed(id)) continue;
    const std::map<std::uint64_t, std::string> durable = read_runs(id);
    for (const auto& [first, run] : runs) {
      const auto found = durable.find(first);
      if (found == durable.end() || found->second != run)
        violate(fmt::format("{}: the acknowledged events from {} on are {}", id, first,
                            found == durable.end() ? "lost" : "others"));
    }
  }
}

// What has completed last is undone first, and each completion once: not twice, and not never, if all are to be undone.
// A restore takes the workflow back, not what it has done.
class Checker::Undoing {
 public:
  // Before the event is applied. Empty: nothing is wrong.
  std::string look_at(const core::Workflow& before, const Event& event) {
    if (const auto* completed = std::get_if<event::TaskCompleted>(&event)) {
      if (completed->action.undo) return undone(completed->action.task);
      add(before, completed->action.task);
    } else if (const auto* compensating = std::get_if<event::WorkflowCompensating>(&event)) {
      last_ = completions_ + 1;
      is_on_demand_ = is_terminal(before.state);
      undoes_all_ = compensating->tasks.empty();
    } else if (const auto* started = std::get_if<event::TaskStarted>(&event)) {
      if (started->action.undo) return starts_to_undo(started->action.task);
    } else if (std::holds_alternative<event::WorkflowRevived>(event) ||
               std::holds_alternative<event::WorkflowRestored>(event)) {
      is_on_demand_ = false;
    } else if (std::holds_alternative<event::WorkflowFailed>(event)) {
      return ended(before, before.definition().saga() && !is_on_demand_ && !failed_with_its_output(before));
    } else if (std::holds_alternative<event::WorkflowCancelled>(event) ||
               std::holds_alternative<event::WorkflowCompleted>(event)) {
      return ended(before, false);
    }
    return {};
  }

  // A fork undoes what had been done in the past that it goes on from.
  void inherit(const core::Workflow& fork) {
    Completed all;
    for (TaskIndex task = 0; task < fork.task_count(); ++task)
      if (fork.tasks[task].state == TaskState::completed)
        all.push_back({.number = fork.tasks[task].waiting_on, .task = task});
    for (const auto& [key, earlier] : fork.after->earlier) all.push_back({.number = earlier.place, .task = key.first});
    std::ranges::sort(all, {}, &Completion::number);
    for (const Completion& each : all) add(fork, each.task);
    last_ = completions_ + 1;
    is_on_demand_ = fork.after->compensating;  // nothing tells for what it began
  }

 private:
  struct Completion {
    std::uint64_t number = 0;
    TaskIndex task = 0;
    bool can_be_undone = false;  // by a compensation that was known when it was made
  };
  using Completed = std::vector<Completion>;

  void add(const core::Workflow& workflow, TaskIndex task) {
    const bool can_be_undone = workflow.definition().compensation_of(task).has_value();
    completed_.push_back({.number = ++completions_, .task = task, .can_be_undone = can_be_undone});
  }

  Completed::reverse_iterator latest_of(TaskIndex task) {
    return std::ranges::find(completed_.rbegin(), completed_.rend(), task, &Completion::task);
  }

  std::string starts_to_undo(TaskIndex task) {
    const auto latest = latest_of(task);
    if (latest == completed_.rend()) return fmt::format("task {} is undone, and was not done", task);
    if (latest->number > last_)
      return fmt::format("task {} is undone after another one, which had completed before it", task);
    last_ = latest->number;
    return {};
  }

  std::string undone(TaskIndex task) {
    const auto latest = latest_of(task);
    if (latest == completed_.rend()) return fmt::format("task {} was undone once more than it was done", task);
    completed_.erase(std::next(latest).base());
    return {};
  }

  // All work was done, and stands.
  static bool failed_with_its_output(const core::Workflow& before) {
    if (before.stop_reason != StopReason::none || before.after->compensating) return false;
    for (TaskIndex task = 0; task < before.task_count(); ++task)
      if (before.tasks[task].state == TaskState::failed && !before.definition().rules(task).allow_failure) return false;
    return true;
  }

  // `fails`: as a saga, which undoes all if it has not passed its pivot.
  std::string ended(const core::Workflow& before, bool fails) {
    const bool undid_all = before.after->compensating && undoes_all_;
    is_on_demand_ = false;
    if (!undid_all && (!fails || has_passed_pivot(before))) return {};
    for (const Completion& each : completed_) {
      if (!each.can_be_undone) continue;
      if (before.record(ActionId::undo_of(each.task)).state != TaskState::failed)
        return fmt::format("all was to be undone, and completion {}, of task {}, is not", each.number, each.task);
    }
    return {};
  }

  static bool has_passed_pivot(const core::Workflow& workflow) {
    for (TaskIndex task = 0; task < workflow.task_count(); ++task)
      if (workflow.definition().rules(task).pivot && workflow.tasks[task].state == TaskState::completed) return true;
    return false;
  }

  Completed completed_;  // and not undone, in this order
  std::uint64_t completions_ = 0;
  std::uint64_t last_ = 0;     // that was to be undone
  bool is_on_demand_ = false;  // the compensation was asked for when the workflow had ended
  bool undoes_all_ = false;
};

void Checker::check_ended(const std::string& id) {
  core::Workflow workflow;
  Undoing undoing;
  std::set<ActionId> outcomes;
  std::set<std::pair<ActionId, std::uint32_t>> starts;
  Timestamp before;
  histories_.erase(id);  // as it is on the disk, whatever was read before
  for (const Event& event : read(id).events) {
    const Timestamp at = time_of(event);
    if (at < before) violate(fmt::format("{}: {} happened before the event that it follows", id, name_of(event)));
    before = std::max(before, at);
    if (workflow.facts != nullptr)
      if (const std::string wrong = undoing.look_at(workflow, event); !wrong.empty())
        violate(fmt::format("{}: {}", id, wrong));
    const bool is_new = workflow.completions == 0;
    core::evolve(workflow, event);
    if (std::holds_alternative<event::WorkflowRestored>(event) && is_new) undoing.inherit(workflow);
    if (std::holds_alternative<event::WorkflowRestored>(event) || std::holds_alternative<event::WorkflowRevived>(event))
      outcomes.clear();
    if (std::holds_alternative<event::WorkflowCompensating>(event))
      std::erase_if(outcomes, [](ActionId action) { return action.undo; });
    ActionId over = kNoAction;
    if (const auto* completed = std::get_if<event::TaskCompleted>(&event)) over = completed->action;
    if (const auto* failed = std::get_if<event::TaskFailed>(&event)) over = failed->action;
    if (over != kNoAction && !outcomes.insert(over).second)
      violate(fmt::format("{}: {} has two outcomes", id, to_string(over)));
    const auto* const start = std::get_if<event::TaskStarted>(&event);
    // What undoes a task has an outcome for each completion that it undoes.
    if (start != nullptr && start->action.undo) outcomes.erase(start->action);
    if (start != nullptr && !starts.emplace(start->action, start->attempt).second)
      violate(fmt::format("{}: attempt {} of {} was started twice", id, start->attempt, to_string(start->action)));
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
