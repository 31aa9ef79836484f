#include "sim/world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "operations/table.h"
#include "runners/builtin.h"
#include "sim/store_decorator.h"

namespace pawl::sim {
namespace {

// So that checkpoints are written, and read, in the short life of a simulated workflow.
constexpr std::uint64_t kCheckpointEvents = 8;
// What a few turns create is listed, and some of it outlives its list.
constexpr BirthLimits kLists{.fewest = 1, .turns = 3, .listed = 8};
// So that shards meet the limit.
constexpr std::size_t kCommits = 3;
// Of those that have ended, while nothing is stored.
constexpr std::size_t kFinished = 8;
constexpr std::size_t kOutcomesPerBug = 20;
constexpr std::size_t kCallsPerBug = 50;

const PersistenceOptions kDisk{.data_dir = "simulated"};

std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
  constexpr std::uint64_t kPrime = 1099511628211U;  // FNV-1a
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return hash;
}

// Tells how the process before had ended.
class WatchedStore final : public StoreDecorator {
 public:
  WatchedStore(std::unique_ptr<Store> store, bool& saw_crash)
      : StoreDecorator(std::move(store)), saw_crash_(saw_crash) {}
  Result<Ownership> acquire() override {
    Result<Ownership> owned = StoreDecorator::acquire();
    if (owned && !std::exchange(is_acquired_, true)) saw_crash_ |= !owned->clean;
    return owned;
  }

 private:
  bool& saw_crash_;
  bool is_acquired_ = false;
};

pawl::NodeOptions node_options(const NodeOptions& options, std::uint64_t seed) {
  pawl::NodeOptions made{.shards = options.shards,
                         .max_concurrent_tasks = options.task_slots,
                         .max_concurrent_workflows = options.workflow_places,
                         .max_finished_workflows = kFinished,
                         .cancel_grace = options.cancel_grace,
                         .definitions = {},
                         .shard = {},
                         .has_threads = false,
                         .seed = seed};
  made.shard.inbox = options.inbox;
  made.shard.checkpoint_events = kCheckpointEvents;
  made.shard.commits = kCommits;
  made.shard.checks_invariants = true;
  return made;
}

}  // namespace

void add_sim_handlers(HandlerRegistry& handlers, Runner& runner) {
  add_builtin_handlers(handlers, {.exec = runner, .sleeps = runner});
  const Result<void> added = handlers.add(
      Handler{.module = "sim", .function = "work", .kind = HandlerKind::on_runner, .call = {}, .runner = &runner});
  PAWL_ASSERT(added.has_value(), "{}", added.error().message);
}

std::size_t SimNode::AddressHash::operator()(const AttemptAddress& address) const {
  constexpr std::size_t kPrime = 1099511628211U;
  std::size_t hash = 0;
  for (const std::size_t part :
       {std::size_t{address.route.shard}, std::size_t{address.route.place}, std::size_t{address.route.generation},
        std::size_t{address.action.task}, std::size_t{address.action.undo}, std::size_t{address.attempt}})
    hash = (hash ^ part) * kPrime;
  return hash;
}

SimNode::SimNode(const NodeOptions& options, Disk& disk, VirtualClock& clock, Checker& checker, std::uint64_t seed)
    : options_(options),
      disk_(disk),
      clock_(clock),
      checker_(checker),
      runner_(clock,
              {.seed = seed,
               .forces = options.forces_ends,
               .is_secretive = options.bug == Bug::overlap,
               .is_deaf = options.bug == Bug::lost_stop},
              [this](const Assignment& assignment) { starts(assignment); }),
      handlers_(runner_),
      saboteur_(options.bug, seed),
      down_(options.shards, false) {
  add_sim_handlers(handlers_, runner_);
  node_ = std::make_unique<Node>(
      node_options(options, seed), operations::table(), [this](const PersistenceOptions&) { return open_store(); },
      handlers_, static_cast<Observer&>(*this), static_cast<AttemptSink&>(*this), clock);
  checker_.may_have_missed([](const std::string&) { return true; });
  const Result<void> started = node_->start(kDisk);
  PAWL_ASSERT(started.has_value(), "{}", describe(started.error()));
}

SimNode::~SimNode() {
  dead_ = true;
  disk_.end_process();
  node_.reset();
}

// A data directory is opened by one at a time, and by whoever still reads from it.
Result<std::shared_ptr<Store>> SimNode::open_store() {
  if (!opened_.expired()) return fail(ErrorCode::unavailable, "the simulated disk is in use");
  Result<std::unique_ptr<RowStore>> store =
      RowStore::open(std::make_unique<FaultyRows>(disk_), {.sync_delay = Duration(0), .own_threads = false}, kLists);
  if (!store) return std::unexpected(store.error());
  std::shared_ptr<Store> opened =
      std::make_shared<WatchedStore>(with_bug(*std::move(store), options_.bug), counts_starts_);
  opened_ = opened;
  return opened;
}

Result<void> SimNode::make(Steps<void> change) {
  std::optional<Result<void>> made;
  std::move(change).start(Completion::of<void>([&made](Result<void> answer) { made = std::move(answer); }));
  while (!made) {
    if (!node_->records().step()) store().help();
  }
  return *std::move(made);
}

void SimNode::call(const Actor& actor, Request request, Completion completion) {
  const bool is_mistaken = ++calls_ % kCallsPerBug == 0;
  if (is_mistaken && options_.bug == Bug::lost_answer) return lost_.push_back(std::move(completion));
  node_->call(actor, std::move(request), std::move(completion));
}

bool SimNode::step(Random& random) {
  if (options_.bug != Bug::none) saboteur_.act(*node_);
  const bool busy = step_any(random);
  look_at_shards();
  return busy;
}

bool SimNode::step_any(Random& random) {
  const std::size_t parts = shard_count() + 4;
  const std::size_t first = random.next() % parts;
  if (first == 0 && step_runner()) return true;
  if (first == 1 && !slow_) store().help();
  if (node_->step(random) || step_runner()) return true;
  // help() does not say whether it did anything: whoever was told has a step to take now.
  if (!slow_) store().help();
  return node_->step(random);
}

bool SimNode::step_runner() {
  return runner_.deliver(
      [this](const AttemptAddress& address, AttemptOutcome outcome) { finished(address, std::move(outcome)); });
}

std::optional<Timestamp> SimNode::next_due() {
  std::optional<Timestamp> next = runner_.next_due();
  if (const std::optional<Timestamp> due = node_->next_due(); due && (!next || *due < *next)) next = due;
  return next;
}

void SimNode::look_at_shards() {
  for (std::uint32_t i = 0; i < shard_count(); ++i) {
    Shard& each = shard(i);
    for (const Quarantined& workflow : each.quarantine().all()) checker_.violate(workflow.reason.message);
    const bool is_down = each.down().has_value();
    if (is_down == down_[i]) continue;
    down_[i] = is_down;
    if (!is_down) continue;
    ++falls_;
    checker_.may_have_missed([&](const std::string& id) { return &shard_of(id) == &each; });
    if (each.down()->code == ErrorCode::internal) checker_.violate(each.down()->message);
  }
}

void SimNode::starts(const Assignment& assignment) {
  if (dead_) return;
  checker_.started(assignment, counts_starts_);
  if (options_.bug == Bug::stale_effect) stale_.push_back(assignment);
  if (!made_.insert(assignment.address).second)
    checker_.violate(fmt::format("{}: attempt {} of {} is made twice", assignment.facts->id.text(),
                                 assignment.address.attempt, to_string(assignment.address.action)));
  if (options_.forces_ends && runner_.has_one_of(assignment))
    checker_.violate(fmt::format("{}: attempt {} of {} is made beside another one", assignment.facts->id.text(),
                                 assignment.address.attempt, to_string(assignment.address.action)));
}

void SimNode::happened(const WorkflowFacts& facts, const Event& event, std::string_view /*by*/) {
  if (dead_) return;
  ++observed_;
  checker_.observed(facts.id.text(), event);
  trace_ = mix(mix(trace_, facts.id.text()), name_of(event));
  trace_ = mix(trace_, std::to_string(clock_.now().time_since_epoch().count()));
}

void SimNode::finished(const AttemptAddress& address, AttemptOutcome outcome) {
  const bool is_mistaken = ++outcomes_ % kOutcomesPerBug == 0;
  if (is_mistaken && options_.bug == Bug::lost_outcome) return;
  if (is_mistaken && options_.bug == Bug::lost_place) (void)node_->executors().place_running();
  if (is_mistaken && options_.bug == Bug::double_outcome) node_->finished(address, {});
  if (is_mistaken && options_.bug == Bug::stale_effect) make_again(address);
  node_->finished(address, std::move(outcome));
}

// While the workflow of the attempt is still there.
void SimNode::make_again(const AttemptAddress& address) {
  const auto stale =
      std::ranges::find_if(stale_, [&](const Assignment& assignment) { return assignment.address == address; });
  if (stale != stale_.end()) runner_.start(std::span(&*stale, 1));
}

}  // namespace pawl::sim
