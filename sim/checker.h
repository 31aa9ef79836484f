// What must hold whatever happens, judged by what is on the simulated disk and nothing else.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/workflow.h"
#include "model/attempt.h"
#include "model/encoding.h"
#include "persistence/store.h"
#include "sim/faulty_rows.h"

namespace pawl::sim {

class Checker {
 public:
  Checker(const Disk& disk, DefinitionSource definitions) : disk_(disk), definitions_(std::move(definitions)) {}

  // An attempt is made: what it depends on must be durable, and so must that it starts, if starts are to be `counted`.
  void started(const Assignment& assignment, bool counted);
  // Somebody who watches is notified of an event: it is durable, and the next one of its workflow.
  void observed(const std::string& id, const Event& event);
  // Those who watch workflows for which `chosen` holds may have missed some.
  void may_have_missed(const std::function<bool(const std::string& id)>& chosen);
  // A client was told of a decision after which the workflow had so many events: they are durable, and stay as they
  // are.
  void acknowledged(const std::string& id, std::uint64_t events);
  // Somebody deletes the workflow: nothing is known of it from now on.
  void removed(const std::string& id);
  [[nodiscard]] bool is_removed(const std::string& id) const { return removed_.contains(id); }
  // After a crash, and at the end: everything acknowledged is there, unchanged.
  void check_acknowledged();
  // At the end: it has ended, its history is whole, no outcome is recorded twice, no attempt started twice.
  void check_ended(const std::string& id);

  // The first thing that did not hold; empty if all did.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  void violate(std::string what);
  // What is durable of it, a line an event.
  std::string describe_history(const std::string& id);

 private:
  class Undoing;
  // What is durable of a workflow, and its state after the first so many of these events.
  struct History {
    std::vector<Event> events;
    WorkflowFactsPtr facts;  // after the last of them
    core::Workflow state;
    std::size_t applied = 0;
  };

  // Reads on from where the last call ended: what is durable does not change.
  History& read(const std::string& id);
  [[nodiscard]] std::optional<StoredRun> read_tail(const std::string& id) const;
  [[nodiscard]] std::map<std::uint64_t, std::string> read_runs(const std::string& id) const;

  const Disk& disk_;
  const DefinitionSource definitions_;
  std::map<std::string, History> histories_;
  std::map<std::string, std::map<std::uint64_t, std::string>> acknowledged_;  // runs by number, by id
  std::set<std::string> removed_;
  struct Watched {
    // The numbers that the event which comes next may have, ascending: what happens at one moment may look the same.
    std::vector<std::size_t> next = {0};
    bool is_known = false;  // otherwise it may be any later one
  };
  std::map<std::string, Watched> watched_;
  std::string violation_;
};

}  // namespace pawl::sim
