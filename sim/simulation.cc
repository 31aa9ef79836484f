#include "sim/simulation.h"

#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/clients.h"
#include "sim/conservation.h"
#include "sim/workload.h"

namespace pawl::sim {
namespace {

// Faults come on average once in so many steps.
constexpr std::uint64_t kStepsPerCrash = 500;
constexpr std::uint64_t kStepsPerFailure = 500;
constexpr std::uint64_t kStepsPerSlowness = 200;
constexpr std::uint64_t kStepsPerRecovery = 100;
constexpr std::uint64_t kStepsPerCorrection = 400;
constexpr std::uint64_t kStepsPerAction = 12;
constexpr std::uint64_t kQuietMomentsPerCheck = 4;
// Commands sent to each workflow, on average, before the clients leave.
constexpr std::size_t kActionsPerWorkflow = 5;
// Of ends of processes one in so many is in order.
constexpr std::uint64_t kEndsPerStop = 3;
constexpr std::uint64_t kLivesPerNarrowInbox = 4;
constexpr std::size_t kNarrowInbox = 4;
constexpr std::size_t kWideInbox = 4096;
constexpr std::uint64_t kMostGrace = 100;  // in milliseconds
// Without faults a life ends well before.
constexpr std::size_t kMostSteps = 2'000'000;

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        random_(options.seed),
        disk_(random_.next()),
        checker_(disk_),
        clients_(random_, clock_, checker_, options.workflows),
        workloads_(draw_workloads(clients_)) {
    node_options_ = {.shards = 1 + random_.next() % 3,
                     .task_slots = 1 + random_.next() % 6,
                     .workflow_places = 2 + random_.next() % 10,
                     .forces_ends = random_.next() % 2 == 0,
                     .inbox = one_in(kLivesPerNarrowInbox) ? kNarrowInbox : kWideInbox,
                     .cancel_grace = Duration(static_cast<std::int64_t>(random_.next() % kMostGrace)),
                     .bug = options.bug};
    boot();
  }

  // What the last node answers at its end is for nobody.
  ~Simulation() { clients_.disconnect(); }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  Outcome run() {
    const std::size_t actions = options_.workflows * kActionsPerWorkflow;
    for (std::size_t done = 0; done < actions && ok();) {
      step();
      inject_faults();
      if (!one_in(kStepsPerAction)) continue;
      workloads_[random_.next() % workloads_.size()]->act();
      ++done;
    }
    disk_.repair();
    node_->set_slow(false);
    behaves_ = true;
    node_->runner().behave();
    finish();
    checker_.check_acknowledged();
    for (const std::string& id : clients_.created())
      if (!checker_.is_loose(id) && !checker_.is_removed(id)) checker_.check_ended(id);
    outcome_.violation = checker_.violation();
    if (!ok()) outcome_.history = checker_.describe_history(outcome_.violation.substr(0, outcome_.violation.find(':')));
    outcome_.trace ^= node_->trace();
    outcome_.workflows = clients_.created().size();
    return outcome_;
  }

 private:
  bool one_in(std::uint64_t n) { return random_.next() % n == 0; }
  [[nodiscard]] bool ok() const { return checker_.violation().empty(); }

  void boot() {
    clock_.restart();
    node_ = std::make_unique<SimNode>(node_options_, disk_, clock_, checker_, random_.next());
    clients_.connect(*node_);
    if (behaves_) node_->runner().behave();
    for (const auto& workload : workloads_) workload->boot();
  }

  // Mostly without warning, and another one goes on.
  void end_process() {
    ++outcome_.crashes;
    outcome_.trace = outcome_.trace * 31 + node_->trace();
    if (one_in(kEndsPerStop)) node_->stop();
    clients_.disconnect();
    node_.reset();
    disk_.crash();
    disk_.repair();  // a process does not start on a disk that does not work
    checker_.check_acknowledged();
    if (one_in(3)) set_clock(std::chrono::hours(1));
    node_options_.shards = 1 + random_.next() % 3;
    boot();
  }

  // It is earlier, or later, by up to `most`.
  void set_clock(std::chrono::microseconds most) {
    clock_.jump(std::chrono::microseconds(random_.next() % static_cast<std::uint64_t>(2 * most.count())) - most);
  }

  void step() {
    if (node_->step(random_)) return;
    if (one_in(kQuietMomentsPerCheck)) check_quiet_moment();
    if (const auto due = node_->next_due()) clock_.advance_to(*due);
  }

  void inject_faults() {
    if (one_in(kStepsPerCrash)) end_process();
    if (one_in(kStepsPerFailure)) {
      ++outcome_.store_failures;
      disk_.break_down();
    }
    if (disk_.is_broken() && one_in(kStepsPerRecovery)) disk_.repair();
    if (one_in(kStepsPerSlowness)) node_->set_slow(true);
    if (one_in(kStepsPerRecovery)) node_->set_slow(false);
    if (one_in(kStepsPerCorrection)) set_clock(std::chrono::seconds(20));
    // Time also passes while there is something to do.
    if (one_in(4)) clock_.advance_to(clock_.now() + std::chrono::microseconds(random_.next() % 2000));
  }

  void must_hold(std::string wrong) {
    if (!wrong.empty()) checker_.violate(std::move(wrong));
  }

  void check_quiet_moment() {
    if (!is_quiet(*node_)) return;
    must_hold(check_conservation(*node_, disk_));
    for (const auto& workload : workloads_) must_hold(workload->check_quiet());
  }

  // Executes the workflows that nobody has, and resumes those that somebody has paused; no others are touched. False if
  // there was none.
  bool let_all_run() {
    std::vector<std::string> pending;
    std::vector<std::string> paused;
    for (std::uint32_t i = 0; i < node_->shard_count(); ++i)
      node_->shard(i).workflows().for_each_sound([&](const LiveWorkflow& workflow) {
        const core::Workflow& state = workflow.state;
        if (state.state == WorkflowState::paused) paused.push_back(state.id());
        if (state.state == WorkflowState::pending && !state.queued) pending.push_back(state.id());
        return true;
      });
    // An inbox may be full.
    const auto look_again = [this](const Result<void>& done) {
      if (!done && done.error().code == ErrorCode::unavailable) falls_ = kNever;
    };
    for (const std::string& id : pending) clients_.ask(request::ExecuteWorkflow{.id = id}, look_again);
    for (const std::string& id : paused) clients_.ask(request::ResumeWorkflow{.id = id}, look_again);
    return !pending.empty() || !paused.empty();
  }

  // False: there is nothing to ask for.
  bool ask_for_the_end() {
    bool asked = false;
    for (const auto& workload : workloads_) asked |= workload->leave();
    if (asked) return true;
    return std::exchange(falls_, node_->falls()) != node_->falls() && let_all_run();
  }

  // No more faults and no more requests: every workflow comes to its end by itself, except that somebody executes or
  // resumes, once, what the clients have left pending or paused; or once more, if a shard went down over it, which
  // finds a fault that was made before.
  void finish() {
    bool has_asked = false;
    for (std::size_t steps = 0; steps < kMostSteps && ok(); ++steps) {
      if (node_->step(random_)) continue;
      check_quiet_moment();
      // Who is refused asks once more when some time has passed.
      if (!has_asked && is_quiet(*node_) && ask_for_the_end()) {
        has_asked = true;
        continue;
      }
      const auto due = node_->next_due();
      if (!due && !has_asked) break;
      if (due) clock_.advance_to(*due);
      has_asked = false;
    }
    if (ok()) check_end();
  }

  void check_end() {
    if (const std::set<std::string> live = disk_.live(); !live.empty())
      return must_hold(fmt::format("{}: it has not ended; {}", *live.begin(), describe_unanswered()));
    must_hold(check_nothing_is_held(*node_));
    if (!clients_.unanswered().empty()) must_hold(describe_unanswered());
    for (const auto& workload : workloads_) must_hold(workload->check_end());
  }

  [[nodiscard]] std::string describe_unanswered() const {
    return fmt::format("{} requests are not answered: {}", clients_.unanswered().size(),
                       fmt::join(clients_.unanswered(), ", "));
  }

  static constexpr std::size_t kNever = ~std::size_t{0};

  const SimulationOptions options_;
  Random random_;
  VirtualClock clock_;
  Disk disk_;
  Checker checker_;
  Clients clients_;
  Workloads workloads_;
  NodeOptions node_options_;
  std::unique_ptr<SimNode> node_;
  bool behaves_ = false;
  std::size_t falls_ = kNever;  // of shards, when all were last let run
  Outcome outcome_;
};

}  // namespace

Outcome simulate(const SimulationOptions& options) { return Simulation(options).run(); }

}  // namespace pawl::sim
