#include "sim/simulation.h"

#include <utility>

#include "sim/clients.h"
#include "sim/conservation.h"

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
// Without faults a life ends well before.
constexpr std::size_t kMostSteps = 2'000'000;

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        random_(options.seed),
        disk_(random_.next()),
        clients_(random_, clock_, options.workflows),
        checker_(disk_, [this](const std::string& hash) { return clients_.definition(hash); }) {
    clients_.report_to(checker_);
    node_options_ = {.shards = 1 + random_.next() % 3,
                     .task_slots = 1 + random_.next() % 6,
                     .workflow_places = 2 + random_.next() % 10,
                     .forces_ends = random_.next() % 2 == 0,
                     .bug = options.bug};
    boot();
  }

  Outcome run() {
    const std::size_t actions = options_.workflows * kActionsPerWorkflow;
    for (std::size_t done = 0; done < actions && ok();) {
      step();
      inject_faults();
      if (!one_in(kStepsPerAction)) continue;
      clients_.act();
      ++done;
    }
    disk_.repair();
    node_->set_slow(false);
    behaves_ = true;
    node_->runner().behave();
    finish();
    checker_.check_acknowledged();
    for (const std::string& id : clients_.created()) checker_.check_ended(id);
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
  }

  void crash() {
    ++outcome_.crashes;
    outcome_.trace = outcome_.trace * 31 + node_->trace();
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
    if (one_in(kStepsPerCrash)) crash();
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

  [[nodiscard]] bool all_ended() const { return disk_.live().empty(); }

  void check_quiet_moment() {
    if (!is_quiet(*node_)) return;
    if (std::string wrong = check_conservation(*node_, disk_); !wrong.empty()) checker_.violate(std::move(wrong));
  }

  // No more faults and no more requests: every workflow comes to its end by itself, except that somebody executes or
  // resumes, once, what the clients have left pending or paused; or once more, if a shard went down over it, which
  // finds a fault that was made before.
  void finish() {
    constexpr std::size_t kNever = ~std::size_t{0};
    std::size_t falls = kNever;
    for (std::size_t steps = 0; steps < kMostSteps && ok(); ++steps) {
      if (node_->step(random_)) continue;
      check_quiet_moment();
      if (falls != node_->falls() && is_quiet(*node_)) {
        falls = node_->falls();
        if (clients_.let_all_run()) continue;
      }
      if (const auto due = node_->next_due()) {
        clock_.advance_to(*due);
      } else {
        break;
      }
    }
    if (ok() && all_ended())
      if (std::string held = check_nothing_is_held(*node_); !held.empty()) checker_.violate(std::move(held));
  }

  const SimulationOptions options_;
  Random random_;
  VirtualClock clock_;
  Disk disk_;
  Clients clients_;
  Checker checker_;
  NodeOptions node_options_;
  std::unique_ptr<SimNode> node_;
  bool behaves_ = false;
  Outcome outcome_;
};

}  // namespace

Outcome simulate(const SimulationOptions& options) { return Simulation(options).run(); }

}  // namespace pawl::sim
