// What must hold whatever happens, judged by what is on the simulated disk and nothing else.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/attempt.h"
#include "model/encoding.h"
#include "sim/faulty_rows.h"

namespace pawl::sim {

class Checker {
 public:
  Checker(const Disk& disk, DefinitionSource definitions) : disk_(disk), definitions_(std::move(definitions)) {}

  // An attempt is made: what it depends on must be durable, and so must that it starts, if starts are to be `counted`.
  void started(const Assignment& assignment, bool counted);
  // A client was told of a decision after which the workflow had so many events: they are durable, and stay as they
  // are.
  void acknowledged(const std::string& id, std::uint64_t events);
  // After a crash, and at the end: everything acknowledged is there, unchanged.
  void check_acknowledged();
  // At the end: it has ended, its history is whole, no outcome is recorded twice, no attempt started twice.
  void check_ended(const std::string& id);

  // The first thing that did not hold; empty if all did.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  void violate(std::string what);

 private:
  class Undoing;
  struct History {
    std::vector<Event> events;
    std::map<std::uint64_t, std::string> runs;
  };

  // What is durable of it.
  History read(const std::string& id);

  const Disk& disk_;
  const DefinitionSource definitions_;
  std::map<std::string, std::map<std::uint64_t, std::string>> acknowledged_;  // runs by number, by id
  std::string violation_;
};

}  // namespace pawl::sim
