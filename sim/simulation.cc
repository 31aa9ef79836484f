#include "sim/simulation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/stored_state.h"
#include "sim/plan.h"

namespace pawl::sim {
namespace {

// Faults come on average once in so many steps.
constexpr std::uint64_t kStepsPerCrash = 500;
constexpr std::uint64_t kStepsPerFailure = 500;
constexpr std::uint64_t kStepsPerSlowness = 200;
constexpr std::uint64_t kStepsPerRecovery = 100;
constexpr std::uint64_t kStepsPerAction = 12;
// Commands sent to each workflow, on average, before the clients leave.
constexpr std::size_t kActionsPerWorkflow = 5;
// Without faults a life ends well before.
constexpr std::size_t kMostSteps = 2'000'000;

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        random_(options.seed),
        disk_(random_.next()),
        known_runner_(clock_, 0, [](const Assignment&) {}),
        known_(known_runner_),
        checker_(disk_, [this](const std::string& hash) { return definition(hash); }) {
    add_sim_handlers(known_, known_runner_);
    node_options_ = {.shards = 1 + random_.next() % 3,
                     .task_slots = 1 + random_.next() % 6,
                     .workflow_places = 2 + random_.next() % 10,
                     .bug = options.bug};
    boot();
  }

  Outcome run() {
    const std::size_t actions = options_.workflows * kActionsPerWorkflow;
    for (std::size_t done = 0; done < actions && ok();) {
      step();
      inject_faults();
      if (!one_in(kStepsPerAction)) continue;
      act();
      ++done;
    }
    disk_.repair();
    node_->set_slow(false);
    behaves_ = true;
    node_->runner().behave();
    finish();
    checker_.check_acknowledged();
    for (const std::string& id : created_) checker_.check_ended(id);
    outcome_.violation = checker_.violation();
    outcome_.trace ^= node_->trace();
    outcome_.workflows = created_.size();
    return outcome_;
  }

 private:
  bool one_in(std::uint64_t n) { return random_.next() % n == 0; }
  [[nodiscard]] bool ok() const { return checker_.violation().empty(); }

  Result<DefinitionPtr> definition(const std::string& hash) {
    const auto found = definitions_.find(hash);
    if (found == definitions_.end()) return fail(ErrorCode::not_found, "no such definition");
    return found->second;
  }

  void boot() {
    node_ = std::make_unique<SimNode>(node_options_, disk_, clock_, checker_, random_.next());
    if (behaves_) node_->runner().behave();
  }

  void crash() {
    ++outcome_.crashes;
    outcome_.trace = outcome_.trace * 31 + node_->trace();
    node_.reset();
    disk_.crash();
    disk_.repair();  // a process does not start on a disk that does not work
    checker_.check_acknowledged();
    if (one_in(3)) set_clock();
    node_options_.shards = 1 + random_.next() % 3;
    boot();
  }

  // The next process finds that it is up to an hour earlier, or later.
  void set_clock() {
    constexpr std::chrono::microseconds kMost = std::chrono::hours(1);
    const auto by = std::chrono::microseconds(random_.next() % static_cast<std::uint64_t>(2 * kMost.count())) - kMost;
    clock_.set(clock_.now() + by);
  }

  void step() {
    if (node_->step(random_)) return;
    if (const auto due = node_->next_due()) clock_.advance_to(*due);
  }

  void inject_faults() {
    if (one_in(kStepsPerCrash)) crash();
    if (one_in(kStepsPerFailure)) {
      ++outcome_.store_failures;
      disk_.break_down();
    }
    if (disk_.is_broken() && one_in(kStepsPerRecovery)) disk_.repair();
    if (one_in(kStepsPerSlowness)) node_->set_slow(true);
    if (one_in(kStepsPerRecovery)) node_->set_slow(false);
    // Time also passes while there is something to do.
    if (one_in(4)) clock_.advance_to(clock_.now() + std::chrono::microseconds(random_.next() % 2000));
  }

  // Runs `call` on the shard of the workflow, and tells the checker when it has been acknowledged.
  void ask(const std::string& id, std::function<Result<void>(Shard&)> call) {
    node_->shard_of(id).post([this, id, call = std::move(call)](Shard& shard) {
      if (shard.down()) return;
      const Result<void> done = call(shard);
      const LiveWorkflow* const workflow = shard.find(id);
      const std::uint64_t events = workflow == nullptr ? 0 : workflow->state.event_count;
      shard.reply_when_durable([this, id, events, accepted = done.has_value()](const Error* failure) {
        if (failure != nullptr || !accepted) return;
        checker_.acknowledged(id, events);
        if (events > 0 && std::ranges::find(created_, id) == created_.end()) created_.push_back(id);
      });
    });
  }

  void command(const std::string& id, Command command) {
    ask(id, [id, command = std::move(command)](Shard& shard) -> Result<void> {
      const Result<LiveWorkflow*> workflow = shard.load_one(id);
      if (!workflow || *workflow == nullptr) return fail(ErrorCode::not_found, "");
      return shard.command(**workflow, command);
    });
  }

  void revive(const std::string& id, Command command) {
    ask(id, [id, command = std::move(command)](Shard& shard) -> Result<void> {
      const Result<LiveWorkflow*> workflow = shard.load_one(id);
      if (!workflow || *workflow == nullptr) return fail(ErrorCode::not_found, "");
      return shard.revive(**workflow, command);
    });
  }

  void create(bool execute) {
    const std::string id = fmt::format("w{}", next_id_++);
    const DefinitionPtr definition = random_definition(random_, known_);
    definitions_.emplace(definition->hash(), definition);
    const Result<BoundDefinitionPtr> bound = node_->definitions().bind(definition);
    if (!bound || !(*bound)->keep_in(node_->store())) return;
    const auto facts = std::make_shared<const WorkflowFacts>(
        WorkflowFacts{.id = WorkflowId(id),
                      .definition = definition,
                      .input = definition->input(),
                      .priority = static_cast<Priority>(random_.next() % 4),
                      .cancel_grace = Duration(static_cast<std::int64_t>(random_.next() % 100))});
    ask(id, [bound = *bound, facts, execute](Shard& shard) -> Result<void> {
      if (Result<void> created = shard.create(bound, facts, true); !created) return created;
      return execute ? shard.execute(*shard.find(facts->id.text())) : Result<void>();
    });
  }

  void snapshot(const std::string& id) {
    ask(id, [this, id](Shard& shard) -> Result<void> {
      const Result<LiveWorkflow*> workflow = shard.load_one(id);
      if (!workflow || *workflow == nullptr) return {};
      const core::Workflow& state = (*workflow)->state;
      snapshots_.emplace_back(
          id, command::RestoreWorkflow{.snapshot = "s",
                                       .taken_at = clock_.now(),
                                       .facts = state.facts,
                                       .state = std::make_shared<const std::string>(core::encode_state(state))});
      return {};
    });
  }

  void restore() {
    if (snapshots_.empty()) return;
    const auto taken = snapshots_[random_.next() % snapshots_.size()];
    ask(taken.first, [taken](Shard& shard) -> Result<void> {
      const Result<LiveWorkflow*> workflow = shard.load_one(taken.first);
      if (!workflow || *workflow == nullptr) return fail(ErrorCode::not_found, "");
      return shard.restore(**workflow, taken.second);
    });
  }

  void execute(const std::string& id) {
    ask(id, [id](Shard& shard) -> Result<void> {
      const Result<LiveWorkflow*> workflow = shard.load_one(id);
      if (!workflow || *workflow == nullptr) return fail(ErrorCode::not_found, "");
      return shard.execute(**workflow);
    });
  }

  void act() {
    const Action action = random_action(random_);
    if (action == Action::start || action == Action::create || created_.empty()) {
      if (next_id_ < options_.workflows) return create(action != Action::create);
      if (created_.empty()) return;
    }
    const std::string& id = created_[random_.next() % created_.size()];
    const auto task = static_cast<TaskIndex>(random_.next() % 8);
    switch (action) {
      case Action::pause:
        return command(id, command::PauseWorkflow{});
      case Action::resume:
        return command(id, command::ResumeWorkflow{});
      case Action::cancel:
        return command(id, command::CancelWorkflow{.reason = "", .grace = {}, .compensate = one_in(2)});
      case Action::retry:
        return revive(id, command::ReviveWorkflow{});
      case Action::rerun:
        return revive(id, command::ReviveWorkflow{.start = task, .rerun = true, .undo_first = one_in(2)});
      case Action::redrive:
        return revive(id, command::ReviveWorkflow{.start = task});
      case Action::compensate:
        return revive(id, command::CompensateWorkflow{});
      case Action::redrive_compensation:
        return revive(id, command::RedriveCompensation{task});
      case Action::discard:
        return command(id, command::DiscardDeadLetter{.task = task, .reason = "enough"});
      case Action::fail:
        return command(id, command::FailWorkflow{});
      case Action::skip:
        return command(id, command::SkipTask{task});
      case Action::late:
        // An outcome that somebody reports once more, or for an attempt that is not made any more.
        return command(id, command::CompleteTask{task, static_cast<std::uint32_t>(random_.next() % 3), {}});
      case Action::snapshot:
        return snapshot(id);
      case Action::restore:
        return restore();
      default:
        return execute(id);
    }
  }

  [[nodiscard]] bool all_ended() const {
    const auto& live = disk_.durable()[static_cast<std::size_t>(Space::live)];
    return live.empty();
  }

  // No more faults: every workflow comes to its end if only it is let.
  void finish() {
    for (std::size_t steps = 0; steps < kMostSteps && ok(); ++steps) {
      if (node_->step(random_)) continue;
      if (all_ended()) return;
      const auto due = node_->next_due();
      if (!due || steps % 64 == 0) {
        for (const auto& [id, row] : MemoryRows::Table(disk_.durable()[static_cast<std::size_t>(Space::live)])) {
          command(id, command::ResumeWorkflow{});
          execute(id);
        }
      }
      if (due) clock_.advance_to(*due);
    }
  }

  const SimulationOptions options_;
  Random random_;
  VirtualClock clock_;
  Disk disk_;
  SimRunner known_runner_;
  HandlerRegistry known_;  // what definitions are checked against
  std::map<std::string, DefinitionPtr> definitions_;
  Checker checker_;
  NodeOptions node_options_;
  std::unique_ptr<SimNode> node_;
  bool behaves_ = false;
  std::size_t next_id_ = 0;
  std::vector<std::string> created_;  // acknowledged
  std::vector<std::pair<std::string, command::RestoreWorkflow>> snapshots_;
  Outcome outcome_;
};

}  // namespace

Outcome simulate(const SimulationOptions& options) { return Simulation(options).run(); }

}  // namespace pawl::sim
