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
  // Definitions are read off the disk.
  explicit Checker(const Disk& disk);
  Checker(const Disk& disk, DefinitionSource definitions) : disk_(disk), definitions_(std::move(definitions)) {}

  // An attempt is made: what it depends on must be durable, and so must that it starts, if starts are to be `counted`.
  void started(const Assignment& assignment, bool counted);
  // Somebody who watches is notified of an event: it is durable, and the next one of its workflow.
  void observed(const std::string& id, const Event& event);
  // Those who watch workflows for which `chosen` holds may have missed some.
  void may_have_missed(const std::function<bool(const std::string& id)>& chosen);
  // A client who asked as `by`, and nobody else does, was told that it is done: all that it caused is durable, at least
  // one event if it `leaves_an_event`, and all that is durable stays as it is.
  void acknowledged(const std::string& id, const std::string& by, bool leaves_an_event);
  // The same one was refused: nothing was or will be caused by it.
  void refused(const std::string& id, const std::string& by);
  // Somebody deletes the workflow: from now on it is there as a whole, or not at all.
  void may_be_removed(const std::string& id) { leaving_.insert(id); }
  void was_kept(const std::string& id) { leaving_.erase(id); }
  [[nodiscard]] bool is_leaving(const std::string& id) const { return leaving_.contains(id); }
  // And now it is not there.
  void removed(const std::string& id);
  // Whether it is known to be gone.
  [[nodiscard]] bool is_removed(const std::string& id) const;
  // Whether what is decided from now on is stored. Of workflows that something happens to meanwhile nothing is judged.
  void set_stored(bool stored) { is_stored_ = stored; }
  void loosen(const std::string& id) { loose_.insert(id); }
  [[nodiscard]] bool is_loose(const std::string& id);
  // After a crash, and at the end: everything acknowledged is there, unchanged, and what was removed is not.
  void check_acknowledged();
  // At the end: it has ended, its history is whole, no outcome is recorded twice, no attempt started twice.
  void check_ended(const std::string& id);

  // The first thing that did not hold; empty if all did.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  void violate(std::string what);
  // The definition in force after what is durable; nullptr: nothing is known of it.
  [[nodiscard]] DefinitionPtr definition_of(const std::string& id);
  // What is durable of it, as a state.
  [[nodiscard]] core::Workflow state_of(const std::string& id);
  [[nodiscard]] std::vector<Event> events_of(const std::string& id) { return read(id).events; }
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
    std::map<std::string, std::size_t> asked;  // events, by who caused them
  };

  // Reads on from where the last call ended: what is durable does not change.
  History& read(const std::string& id);
  [[nodiscard]] std::optional<StoredRun> read_tail(const std::string& id) const;
  [[nodiscard]] std::map<std::uint64_t, std::string> read_runs(const std::string& id) const;
  // Whether anything of it is durable.
  [[nodiscard]] bool is_there(const std::string& id) const;
  void check_answers(const std::string& id, const std::map<std::string, std::size_t>& answers);

  const Disk& disk_;
  const DefinitionSource definitions_;
  std::map<std::string, History> histories_;
  std::map<std::string, std::map<std::uint64_t, std::string>> acknowledged_;  // runs by number, by id
  std::map<std::string, std::map<std::string, std::size_t>> answers_;         // events caused, by who asked, by id
  std::set<std::string> removed_;
  std::set<std::string> leaving_;  // their removal was asked for
  std::set<std::string> loose_;
  bool is_stored_ = true;
  struct Watched {
    // The numbers that the event which comes next may have, ascending: what happens at one moment may look the same.
    std::vector<std::size_t> next = {0};
    bool is_known = false;  // otherwise it may be any later one
  };
  std::map<std::string, Watched> watched_;
  std::string violation_;
};

}  // namespace pawl::sim
