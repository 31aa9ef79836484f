// Mistakes put in on purpose, to see that the checker finds them. Each is made at a boundary of the engine, as if the
// part behind it had made the mistake.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "orchestrator/node.h"
#include "persistence/store.h"

namespace pawl::sim {

enum class Bug : std::uint8_t {
  none,
  breaker_passage,        // of an attempt through a breaker does not end
  double_outcome,         // an attempt is reported twice
  early_acknowledgement,  // of a commit that is not durable
  fenced_as_written,      // a commit that was refused counts as durable
  forgetful_recovery,     // what happened last is not read
  lost_answer,            // to a request
  lost_commit,
  lost_definition,  // of a workflow that is stored
  lost_mail,        // that a workflow waits for a place
  lost_outcome,     // of an attempt that has ended
  lost_place,       // on an executor
  lost_record,      // that the record stream was told is durable
  lost_removal,     // that was told is durable
  lost_stop,        // an attempt that is to stop is not told
  lost_timer,
  lost_workflow,  // a stored one is not taken up
  overlap,        // attempts are not known to be processes
  pin_leak,
  removal_leak,  // a removal that is given up is not given back
  stale_effect   // an attempt is made that was made before
};

inline constexpr std::array<std::pair<std::string_view, Bug>, 20> kBugs = {{
    {"breaker_passage", Bug::breaker_passage},
    {"double_outcome", Bug::double_outcome},
    {"early_acknowledgement", Bug::early_acknowledgement},
    {"fenced_as_written", Bug::fenced_as_written},
    {"forgetful_recovery", Bug::forgetful_recovery},
    {"lost_answer", Bug::lost_answer},
    {"lost_commit", Bug::lost_commit},
    {"lost_definition", Bug::lost_definition},
    {"lost_mail", Bug::lost_mail},
    {"lost_outcome", Bug::lost_outcome},
    {"lost_place", Bug::lost_place},
    {"lost_record", Bug::lost_record},
    {"lost_removal", Bug::lost_removal},
    {"lost_stop", Bug::lost_stop},
    {"lost_timer", Bug::lost_timer},
    {"lost_workflow", Bug::lost_workflow},
    {"overlap", Bug::overlap},
    {"pin_leak", Bug::pin_leak},
    {"removal_leak", Bug::removal_leak},
    {"stale_effect", Bug::stale_effect},
}};

// none: there is no such bug.
[[nodiscard]] Bug parse_bug(std::string_view name);
// Separated by "|".
[[nodiscard]] std::string bug_names();

// The store with the mistake in it.
[[nodiscard]] std::unique_ptr<Store> with_bug(std::unique_ptr<Store> store, Bug bug);

// Makes the mistakes that are a node's own. One for each process; the node outlives it.
class Saboteur {
 public:
  Saboteur(Bug bug, std::uint64_t seed) : bug_(bug), random_(seed) {}
  ~Saboteur();
  Saboteur(const Saboteur&) = delete;
  Saboteur& operator=(const Saboteur&) = delete;

  // Called now and then.
  void act(Node& node);

 private:
  void act_on(Node& node, Shard& shard, LiveWorkflow& workflow);
  [[nodiscard]] static LiveWorkflow* pick(Shard& shard, std::uint64_t number);
  static void enter_half_open_breaker(Node& node);

  const Bug bug_;
  Random random_;
  std::vector<Pin> leaked_;
};

}  // namespace pawl::sim
