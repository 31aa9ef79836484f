#include "sim/bugs.h"

#include <algorithm>

#include "sim/store_decorator.h"

namespace pawl::sim {
namespace {

// So many go well before one does not.
constexpr int kCommitsPerBug = 50;
constexpr int kRecordsPerBug = 5;
constexpr int kLoadsPerBug = 10;
constexpr std::uint64_t kStepsPerBug = 50;

struct Nobody final : CommitListener {
  void committed(std::uint64_t, Result<void>) override {}
};

// Outlives the stores, which tell what became of a commit until their end.
CommitListener& nobody() {
  static Nobody listener;
  return listener;
}

// Passes outcomes on, but for the refusals.
class Cheater final : public CommitListener {
 public:
  explicit Cheater(CommitListener& listener) : listener_(listener) {}
  void committed(std::uint64_t sequence, Result<void> outcome) override {
    if (!outcome && outcome.error().code == ErrorCode::fenced) outcome = {};
    listener_.committed(sequence, std::move(outcome));
  }

 private:
  CommitListener& listener_;
};

class BuggyStore final : public StoreDecorator {
 public:
  BuggyStore(std::unique_ptr<Store> store, Bug bug) : StoreDecorator(std::move(store)), bug_(bug) {}

  void commit(const Commit& batch, CommitListener& listener) override {
    const bool is_mistaken = ++commits_ % kCommitsPerBug == 0;
    switch (bug_) {
      case Bug::early_acknowledgement:
        inner().commit(batch, nobody());
        return listener.committed(batch.sequence, {});
      case Bug::lost_commit:
        if (is_mistaken) return listener.committed(batch.sequence, {});
        break;
      case Bug::fenced_as_written:
        cheaters_.push_back(std::make_unique<Cheater>(listener));
        return inner().commit(batch, *cheaters_.back());
      case Bug::lost_record:
        if (batch.workflows.empty() && ++records_ % kRecordsPerBug == 0) return without_records(batch, listener);
        break;
      case Bug::lost_definition:
        if (!batch.workflows.empty() && is_mistaken) return without_records(batch, listener);
        break;
      case Bug::lost_removal:
        if (batch.makes_room || (batch.workflows.size() == 1 && batch.workflows[0].removal && batch.records.empty()))
          return listener.committed(batch.sequence, {});
        break;
      default:
        break;
    }
    inner().commit(batch, listener);
  }

  Result<void> scan_live(const std::function<bool(std::string_view id)>& wanted,
                         const std::function<bool(Result<StoredWorkflow>)>& visit) override {
    if (bug_ != Bug::lost_workflow && bug_ != Bug::forgetful_recovery) return inner().scan_live(wanted, visit);
    return inner().scan_live(wanted, [&](Result<StoredWorkflow> stored) {
      if (++loads_ % kLoadsPerBug != 0) return visit(std::move(stored));
      if (bug_ == Bug::lost_workflow) return true;
      if (stored && stored->runs.size() > 1) stored->runs.pop_back();
      return visit(std::move(stored));
    });
  }

 private:
  void without_records(const Commit& batch, CommitListener& listener) {
    Commit poorer = batch;
    poorer.records = {};
    inner().commit(poorer, listener);
  }

  const Bug bug_;
  int commits_ = 0;
  int records_ = 0;
  int loads_ = 0;
  std::vector<std::unique_ptr<Cheater>> cheaters_;
};

}  // namespace

Bug parse_bug(std::string_view name) {
  const auto found = std::ranges::find(kBugs, name, &std::pair<std::string_view, Bug>::first);
  return found == kBugs.end() ? Bug::none : found->second;
}

std::string bug_names() {
  std::string names;
  for (const auto& [name, bug] : kBugs) names += (names.empty() ? "" : "|") + std::string(name);
  return names;
}

std::unique_ptr<Store> with_bug(std::unique_ptr<Store> store, Bug bug) {
  return bug == Bug::none ? std::move(store) : std::make_unique<BuggyStore>(std::move(store), bug);
}

// What they refer to is gone.
Saboteur::~Saboteur() {
  for (Pin& pin : leaked_) pin.abandon();
}

LiveWorkflow* Saboteur::pick(Shard& shard, std::uint64_t number) {
  std::vector<LiveWorkflow*> all;
  shard.workflows().for_each_sound([&](LiveWorkflow& workflow) {
    if (!is_terminal(workflow.state.state)) all.push_back(&workflow);
    return true;
  });
  return all.empty() ? nullptr : all[number % all.size()];
}

void Saboteur::act(Node& node) {
  if (random_.next() % kStepsPerBug != 0) return;
  if (bug_ == Bug::breaker_passage) return enter_half_open_breaker(node);
  Shard& shard = *node.shards()[random_.next() % node.shards().size()];
  if (shard.down()) return;
  const Mailbox::Here here(shard.mailbox());
  if (bug_ == Bug::removal_leak) {
    (void)shard.lifecycle().begin_removal("gone");
  } else if (LiveWorkflow* const workflow = pick(shard, random_.next())) {
    act_on(node, shard, *workflow);
  }
}

void Saboteur::act_on(Node& node, Shard& shard, LiveWorkflow& workflow) {
  switch (bug_) {
    case Bug::pin_leak:
      leaked_.emplace_back(workflow);
      return;
    case Bug::lost_timer:
      shard.timers().disarm_all(workflow);
      return;
    case Bug::lost_mail:
      if (workflow.state.queued) node.executors().withdraw(workflow.ticket, workflow.state.facts->priority);
      return;
    default:
      return;
  }
}

void Saboteur::enter_half_open_breaker(Node& node) {
  for (const PolicyInfo& policy : node.policies().list()) {
    if (policy.kind != PolicyKind::circuit_breaker) continue;
    const Result<BreakerReport> report = node.policies().check_breaker(policy.id);
    if (report && report->state == BreakerState::half_open)
      (void)node.policies().try_acquire(policy.id, node.clock().now());
  }
}

}  // namespace pawl::sim
