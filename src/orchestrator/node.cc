#include "orchestrator/node.h"

#include <algorithm>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/engine_thread.h"
#include "base/text.h"
#include "definition/checks.h"
#include "orchestrator/ask.h"
#include "persistence/volatile_store.h"

namespace pawl {

Node::Node(const NodeOptions& options, const OperationTable& operations, StoreOpener open_store,
           HandlerRegistry& handlers, Observer& observer, AttemptSink& sink, const Clock& clock)
    : options_(options),
      operations_(operations),
      open_store_(std::move(open_store)),
      handlers_(handlers),
      sink_(sink),
      clock_(clock),
      definitions_(handlers, options.shards),
      records_(
          clock, [this](Epoch failed) { return renew(failed); }, [this](const Error* why) { tell_of_records(why); }),
      policies_(clock),
      permits_(policies_),
      slots_(options.max_concurrent_tasks, options.shards),
      executors_(options.max_concurrent_workflows),
      ids_(options.seed.value_or((std::uint64_t{std::random_device()()} << 32U) | std::random_device()())),
      store_(std::make_shared<VolatileStore>()) {
  ShardLimits limits = options.shard;
  limits.finished = std::max<std::size_t>(1, options.max_finished_workflows / options.shards);
  const ShardEnvironment environment{.slots = slots_,
                                     .executors = executors_,
                                     .definitions = definitions_,
                                     .policies = policies_,
                                     .permits = permits_,
                                     .observer = observer,
                                     .sink = sink,
                                     .clock = clock,
                                     .shards = shards_,
                                     .workflow_count = workflows_,
                                     .letter_count = letters_,
                                     .quarantined = quarantined_,
                                     .limits = limits};
  for (std::uint32_t i = 0; i < options.shards; ++i)
    shards_.push_back(std::make_unique<Shard>(i, environment, ids_.next()));
  if (options.shard.read_only) records_.refuse(Decider::refuse_to_change().error());
  policies_.record_in(records_);
  permits_.table().on_available([this] {
    for (const auto& shard : shards_) shard->mailbox().nudge();
  });
}

Node::~Node() { stop(); }

void Node::finished(const AttemptAddress& address, AttemptOutcome outcome) {
  Shard& shard = *shards_[address.route.shard];
  FinishedAttempt attempt{.address = address, .outcome = std::move(outcome)};
  if (options_.has_threads) return shard.mailbox().finished(std::move(attempt));
  while (!shard.mailbox().try_finished(attempt)) advance(shard);
}

void Node::call(const Actor& actor, Request request, Completion completion) {
  if (Result<void> open = check_open(); !open) [[unlikely]]
    return completion.fail(std::move(open.error()));
  if (Result<void> known = check_actor(actor); !known) [[unlikely]]
    return completion.fail(std::move(known.error()));
  const OperationRow* const row = operations_.find(request);
  if (row == nullptr) [[unlikely]]
    return completion.fail(
        {.code = ErrorCode::invalid_argument,
         .message = fmt::format("this service has no operation {}", in_quotes(request.operation()))});
  if (options_.shard.read_only && !row->facts.read_only) [[unlikely]]
    return completion.fail(Decider::refuse_to_change().error());
  StepRunner* const waiting = completion.waiting();
  row->start({.node = *this,
              .row = *row,
              .actor = actor,
              .steps = waiting == nullptr ? steps_ : *waiting,
              .is_waited_for = waiting != nullptr,
              .may_wait = waiting == nullptr || !EngineThread::is_this()},
             std::move(request), std::move(completion));
}

std::string Node::new_id() {
  // Time first, so that ids sort by age; then 80 random bits: 26 characters of Crockford's base 32.
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(clock_.wall().time_since_epoch()).count();
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  {
    const MutexLock lock(mutex_);
    high = ids_.next();
    low = ids_.next();
  }
  std::string id;
  for (int shift = 45; shift >= 0; shift -= 5) id += kDigits[(static_cast<std::uint64_t>(ms) >> shift) & 31U];
  for (int i = 0; i < 8; ++i, high >>= 5U) id += kDigits[high & 31U];
  for (int i = 0; i < 8; ++i, low >>= 5U) id += kDigits[low & 31U];
  return id;
}

Result<void> check_workflow_id(std::string_view id) {
  auto ok = definition::check_name(id, {"id"});
  return ok ? Result<void>() : Result<void>(std::unexpected(definition::to_error(std::move(ok.error()))));
}

bool Node::post_in_time(Shard& shard, ShardCall call) {
  while (!shard.mailbox().post(std::move(call))) {  // NOLINT(bugprone-use-after-move): it is left as it was
    if (!running_) return false;
    if (options_.has_threads) {
      std::this_thread::yield();
    } else {
      advance(shard);
    }
  }
  return true;
}

void Node::start_placed(const Placement& placement) {
  (void)post_in_time(*shards_[placement.workflow.shard], [placement](Shard& shard) { shard.start_placed(placement); });
}

OrchestratorMetrics Node::metrics() const {
  const MutexLock lock(mutex_);
  return {.workflows = workflows_.load(),
          .workflows_queued = executors_.queued(),
          .task_slots = slots_.capacity(),
          .task_slots_in_use = slots_.in_use(),
          .healthy = problems_.empty(),
          .problem = problems_.empty() ? std::string() : problems_.begin()->second,
          .restarts = restarts_.load(),
          .quarantined = quarantined_.load(),
          .dead_letters = letters_.load(),
          .dead_letters_redriven = letters_redriven_.load(),
          .dead_letters_discarded = letters_discarded_.load()};
}

}  // namespace pawl
