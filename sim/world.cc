#include "sim/world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "runners/builtin.h"
#include "sim/plan.h"
#include "sim/store_decorator.h"

namespace pawl::sim {
namespace {

// So that checkpoints are written, and read, in the short life of a simulated workflow.
constexpr std::uint64_t kCheckpointEvents = 8;
// What a few turns create is listed, and some of it outlives its list.
constexpr BirthLimits kLists{.fewest = 1, .turns = 3, .listed = 8};

// So that shards meet the limit.
constexpr std::size_t kCommits = 3;

std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
  constexpr std::uint64_t kPrime = 1099511628211U;  // FNV-1a
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return hash;
}

// The store with a mistake in it.
class BuggyStore final : public StoreDecorator {
 public:
  BuggyStore(std::unique_ptr<Store> store, Bug bug) : StoreDecorator(std::move(store)), bug_(bug) {}

  void commit(const Commit& batch, CommitListener& listener) override {
    switch (bug_) {
      case Bug::early_acknowledgement:
        inner().commit(batch, nobody());
        listener.committed(batch.sequence, {});
        return;
      case Bug::lost_commit:
        if (++commits_ % kLostEvery != 0) return inner().commit(batch, listener);
        listener.committed(batch.sequence, {});
        return;
      default:
        inner().commit(batch, listener);
        return;
    }
  }

 private:
  static constexpr int kLostEvery = 50;
  // Outlives the store, which tells what became of a commit until its end.
  static CommitListener& nobody() {
    struct Nobody final : CommitListener {
      void committed(std::uint64_t, Result<void>) override {}
    };
    static Nobody listener;
    return listener;
  }
  const Bug bug_;
  int commits_ = 0;
};

}  // namespace

Bug parse_bug(std::string_view name) {
  if (name == "early_acknowledgement") return Bug::early_acknowledgement;
  if (name == "lost_commit") return Bug::lost_commit;
  if (name == "lost_outcome") return Bug::lost_outcome;
  if (name == "lost_place") return Bug::lost_place;
  if (name == "lost_stop") return Bug::lost_stop;
  return name == "overlap" ? Bug::overlap : Bug::none;
}

void add_sim_handlers(HandlerRegistry& handlers, Runner& runner) {
  add_builtin_handlers(handlers, {.exec = runner, .sleeps = runner});
  const Result<void> added = handlers.add(
      Handler{.module = "sim", .function = "work", .kind = HandlerKind::on_runner, .call = {}, .runner = &runner});
  PAWL_ASSERT(added.has_value(), "{}", added.error().message);
}

SimNode::SimNode(const NodeOptions& options, Disk& disk, VirtualClock& clock, Checker& checker, std::uint64_t seed)
    : clock_(clock),
      checker_(checker),
      runner_(clock,
              {.seed = seed,
               .forces = options.forces_ends,
               .is_secretive = options.bug == Bug::overlap,
               .is_deaf = options.bug == Bug::lost_stop},
              [this](const Assignment& assignment) { starts(assignment); }),
      handlers_(runner_),
      definitions_(handlers_, options.shards),
      slots_(options.task_slots, options.shards),
      executors_(options.workflow_places),
      policies_(clock),
      records_(
          clock, [this](Epoch failed) { return renew(failed); }, [](const Error*) {}),
      options_(options) {
  add_sim_handlers(handlers_, runner_);
  auto rows = std::make_unique<FaultyRows>(disk);
  rows_ = rows.get();
  Result<std::unique_ptr<RowStore>> store =
      RowStore::open(std::move(rows), {.sync_delay = Duration(0), .own_threads = false}, kLists);
  PAWL_ASSERT(store.has_value(), "{}", store.error().message);
  checker_.may_have_missed([](const std::string&) { return true; });
  store_ = std::make_unique<BuggyStore>(*std::move(store), options.bug);
  const Result<Ownership> owned = store_->acquire();
  PAWL_ASSERT(owned.has_value(), "{}", owned.error().message);
  epoch_ = owned->epoch;
  counts_starts_ = !owned->clean;
  Result<PolicyBook::Stored> known = policies_.read_from(*store_);
  PAWL_ASSERT(known.has_value(), "{}", known.error().message);
  policies_.adopt(*std::move(known));
  policies_.record_in(records_);
  records_.use_store(*store_, epoch_);
  for (const std::string_view name : kBreakers)
    (void)make(policies_.define(  // unless it is stored from before
        std::string(name),
        CircuitBreakerPolicy{
            .failure_threshold = 2, .success_threshold = 2, .timeout = std::chrono::milliseconds(50), .probes = 1}));
  ShardLimits limits;
  limits.checkpoint_events = kCheckpointEvents;
  limits.commits = kCommits;
  limits.checks_invariants = true;
  const ShardEnvironment environment{.slots = slots_,
                                     .executors = executors_,
                                     .definitions = definitions_,
                                     .policies = policies_,
                                     .observer = *this,
                                     .sink = *this,
                                     .clock = clock_,
                                     .shards = shards_,
                                     .workflow_count = workflow_count_,
                                     .letter_count = letter_count_,
                                     .quarantined = quarantined_,
                                     .limits = limits};
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(i, environment, seed + i));
    shards_.back()->use_store(*store_, epoch_);
    supervisors_.emplace_back(*shards_.back(), *this, clock_, !owned->clean);
  }
}

// What waits to be committed dies with the process. The store goes first, for it tells the shards.
SimNode::~SimNode() {
  rows_->die();
  store_.reset();
}

Result<void> SimNode::make(Steps<void> change) {
  std::optional<Result<void>> made;
  std::move(change).start(Completion::of<void>([&made](Result<void> answer) { made = std::move(answer); }));
  while (!made) {
    if (!records_.step()) store_->help();
  }
  return *std::move(made);
}

Shard& SimNode::shard_of(const std::string& id) { return *shards_[shard_index_of(id, shards_.size())]; }

bool SimNode::step(Random& random) {
  const bool busy = step_any(random);
  if (quarantined_ > 0)
    for (const auto& shard : shards_)
      for (const Quarantined& each : shard->quarantine().all()) checker_.violate(each.reason.message);
  return busy;
}

bool SimNode::step_any(Random& random) {
  // From a random one on, the first that has something to do.
  const std::size_t parts = shards_.size() + 3;
  const std::size_t first = random.next() % parts;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t part = (first + i) % parts;
    if (part < shards_.size()) {
      const Mailbox::Here here(shards_[part]->mailbox());
      if (supervisors_[part].step()) return true;
    } else if (part == shards_.size()) {
      if (runner_.deliver(
              [this](const AttemptAddress& address, AttemptOutcome outcome) { finished(address, std::move(outcome)); }))
        return true;
    } else if (part == shards_.size() + 1) {
      if (records_.step()) return true;
    } else if (!slow_) {
      store_->help();
    }
  }
  // help() does not say whether it did anything: whoever was told has a step to take now.
  if (records_.step()) return true;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const Mailbox::Here here(shards_[i]->mailbox());
    if (supervisors_[i].step()) return true;
  }
  return false;
}

std::optional<Timestamp> SimNode::next_due() {
  std::optional<Timestamp> next = runner_.next_due();
  if (const std::optional<Timestamp> due = records_.due(); due && (!next || *due < *next)) next = due;
  for (Supervisor& supervisor : supervisors_) {
    const std::optional<Timestamp> due = supervisor.due();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

Result<std::pair<Store*, Epoch>> SimNode::renew(Epoch failed) {
  if (epoch_ == failed) {
    const Result<Ownership> owned = store_->acquire();
    if (!owned) return std::unexpected(owned.error());
    epoch_ = owned->epoch;
  }
  return std::pair(store_.get(), epoch_);
}

void SimNode::tell(const Shard& shard, const Error* why) {
  if (why != nullptr) ++falls_;
  if (why != nullptr) checker_.may_have_missed([&](const std::string& id) { return &shard_of(id) == &shard; });
  if (why != nullptr && why->code == ErrorCode::internal) checker_.violate(why->message);
}

void SimNode::starts(const Assignment& assignment) {
  checker_.started(assignment, counts_starts_);
  if (options_.forces_ends && runner_.has_one_of(assignment))
    checker_.violate(fmt::format("{}: attempt {} of {} is made beside another one", assignment.facts->id.text(),
                                 assignment.address.attempt, to_string(assignment.address.action)));
}

void SimNode::happened(const WorkflowFacts& facts, const Event& event, std::string_view /*by*/) {
  ++observed_;
  checker_.observed(facts.id.text(), event);
  trace_ = mix(mix(trace_, facts.id.text()), name_of(event));
  trace_ = mix(trace_, std::to_string(clock_.now().time_since_epoch().count()));
}

void SimNode::finished(const AttemptAddress& address, AttemptOutcome outcome) {
  constexpr std::size_t kMistakeEvery = 50;
  const bool is_mistaken = ++outcomes_ % kMistakeEvery == 0;
  if (is_mistaken && options_.bug == Bug::lost_outcome) return;
  if (is_mistaken && options_.bug == Bug::lost_place) (void)executors_.place_running();
  shards_[address.route.shard]->mailbox().finished({.address = address, .outcome = std::move(outcome)});
}

}  // namespace pawl::sim
