// How a shard decides: core decides and evolves the state, and what is behind it (the open batch, the ready queues, the
// permits) learns of each decision that is complete. Threads: the shard's.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <string_view>

#include "base/random.h"
#include "core/decide.h"
#include "expression/expression.h"
#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/permit_gate.h"
#include "orchestrator/shard/ready_queues.h"
#include "orchestrator/shard/shard_timers.h"

namespace pawl {

class Decider {
 public:
  // Puts a workflow that broke into quarantine; `sound`: its state when the last decision on it was complete. Returns
  // the reason, as whoever asks for the workflow is told it.
  using Quarantining = std::function<Error(LiveWorkflow& workflow, WorkflowState sound, std::string_view why)>;

  Decider(const ShardEnvironment& environment, const ShardTimers& timers, PermitGate& permits, ReadyQueues& ready,
          CommitPipeline& commits, Quarantining quarantine, std::uint64_t seed)
      : environment_(environment),
        timers_(timers),
        permits_(permits),
        ready_(ready),
        commits_(commits),
        quarantine_(std::move(quarantine)),
        random_(seed) {}

  // Looks at the latest policies.
  void refresh_policies();
  [[nodiscard]] expression::Evaluator& evaluator() { return evaluator_; }

  // Error: why it is refused; `corruption` if the workflow is in quarantine, or comes there now.
  template <class C>
  Result<void> decide(LiveWorkflow& workflow, const C& command);

  // Does `work`, which concerns this workflow alone. Should it break an invariant, that workflow is put into
  // quarantine, and nothing else is the worse for it.
  template <class Work>
  auto guard(LiveWorkflow& workflow, Work&& work) -> decltype(work());
  Error quarantine(LiveWorkflow& workflow, WorkflowState sound, std::string_view why) {
    return quarantine_(workflow, sound, why);
  }

  // What is said where limits.read_only.
  static std::unexpected<Error> refuse_to_change();

 private:
  // Throws InvariantBroken. Apart from decide(), which there is one of for each command.
  static void check_invariants(const LiveWorkflow& workflow);
  void note(LiveWorkflow& workflow, const CommitPipeline::Before& before);

  const ShardEnvironment& environment_;
  const ShardTimers& timers_;
  PermitGate& permits_;
  ReadyQueues& ready_;
  CommitPipeline& commits_;
  const Quarantining quarantine_;
  Random random_;
  expression::Evaluator evaluator_;
  policy::CatalogPtr catalog_ = std::make_shared<policy::Catalog>();
  std::uint64_t catalog_version_ = 0;
};

template <class Work>
auto Decider::guard(LiveWorkflow& workflow, Work&& work) -> decltype(work()) {
  const WorkflowState before = workflow.state.state;
  try {
    return work();
  } catch (const std::bad_alloc&) {  // nobody's fault
    throw;
  } catch (const std::exception& broken) {
    return std::unexpected(quarantine_(workflow, before, broken.what()));
  }
}

template <class C>
Result<void> Decider::decide(LiveWorkflow& workflow, const C& command) {
  if (environment_.limits.read_only) [[unlikely]]
    return refuse_to_change();
  if (workflow.broken) [[unlikely]]
    return std::unexpected(quarantine_(workflow, workflow.sound_state, {}));
  const CommitPipeline::Before before = commits_.before(workflow);
  Result<void> decided = guard(workflow, [&] {
    core::Decision decision(workflow.state,
                            {.now = workflow.own_time(timers_.now()),
                             .random = random_.unit(),
                             .policies = catalog_.get(),
                             .max_args_bytes = environment_.limits.args_bytes},
                            evaluator_, commits_.turn());
    Result<void> accepted = core::decide(decision, command);
    if (environment_.limits.checks_invariants) [[unlikely]]
      check_invariants(workflow);
    return accepted;
  });
  if (!workflow.broken) [[likely]]
    note(workflow, before);
  return decided;
}

}  // namespace pawl
