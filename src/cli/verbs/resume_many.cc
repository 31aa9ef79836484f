#include "cli/verbs/resume_many.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/find_workflow.h"
#include "cli/open_data_dir.h"
#include "cli/view/terminal.h"
#include "cli/view/view.h"
#include "cli/watch.h"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(100);
// After so long without an end it is asked whether any can come.
constexpr std::chrono::seconds kPatience(1);

std::string count(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// What there is to do in a directory.
struct Stock {
  std::set<std::string> open;      // ids
  std::vector<std::string> ended;  // of these, while stock was taken
  std::size_t paused = 0;
  std::size_t lost = 0;  // nobody can go on with them
};

class ResumeMany {
 public:
  ResumeMany(Engine& engine, Interruption& interruption, EventFeed& events, Stock work, const WatchOptions& options)
      : orchestrator_(engine.orchestrator()),
        handlers_(engine.handlers()),
        interruption_(interruption),
        events_(events),
        work_(std::move(work)),
        json_(options.json),
        quiet_(options.view.quiet),
        timeout_(options.timeout) {}

  // Until all have ended, or it is to leave.
  Result<void> wait() {
    if (json_) put(stdout, "[");
    for (const std::string& id : work_.ended) tell(id);
    auto last_end = std::chrono::steady_clock::now();
    if (timeout_) give_up_ = last_end + *timeout_;
    bool asked = false;
    Result<void> ok;
    while (ok && !work_.open.empty() && !interruption_.leaves()) {
      const std::vector<std::string> ended = events_.take_ended(kBetweenLooks);
      for (const std::string& id : ended) tell(id);
      ok = look_after();
      const auto now = std::chrono::steady_clock::now();
      if (give_up_ && now >= *give_up_) cancel_all();
      if (!ended.empty()) last_end = now;
      if (asked || now - last_end < kPatience) continue;
      asked = true;
      give_up_on_unserved();
    }
    if (json_) put(stdout, "]\n");
    return ok;
  }

  [[nodiscard]] bool all_ended() const { return work_.open.empty(); }

  // What became of them, and the exit code.
  int finish() const {
    std::string text;
    for (const auto& [state, number] : tally_) text += fmt::format(", {} {}", number, state);
    if (work_.lost > 0) text += fmt::format(", {} that cannot be continued", work_.lost);
    if (!json_ && !text.empty())
      put(stdout, fmt::format("{}: {}\n", count(told_ + work_.lost, "workflow"), text.substr(2)));
    if (worst_ == kWorkflowFailed || work_.lost > 0) return kWorkflowFailed;
    return worst_;
  }

 private:
  void tell(const std::string& id) {
    if (work_.open.erase(id) == 0) return;
    const Result<WorkflowReport> ended = orchestrator_.get_workflow(id);
    if (!ended) {
      worst_ = report(ended.error());
      return;
    }
    ++tally_[std::string(to_string(ended->status.state))];
    if (const int code = exit_code_of_outcome(*ended); worst_ != kWorkflowFailed && code != kDone) worst_ = code;
    if (json_) {
      put(stdout, told_ > 0 ? ",\n" : "");
      put_report(stdout, *ended);
    } else if (!quiet_ || exit_code_of_outcome(*ended) != kDone) {
      put(stdout, headline(ended->status, takes_colours(stdout)) + reason(*ended));
    }
    ++told_;
  }

  // What does not end any more by itself in time.
  void cancel_all() {
    give_up_.reset();
    const CancelOptions options{.reason = fmt::format("it took longer than {} (--timeout)", format_duration(*timeout_)),
                                .grace = {}};
    // Refused only if it ends at this very moment.
    for (const std::string& id : work_.open) (void)orchestrator_.cancel_workflow(id, options);
  }

  static std::string reason(const WorkflowReport& ended) {
    return ended.error.is_null() ? std::string() : fmt::format("  {}\n", message_of(ended.error));
  }

  void lose(const std::string& id, const std::string& why) {
    if (work_.open.erase(id) == 0) return;
    ++work_.lost;
    note(why);
  }

  // A shard that went down has been started again; what broke it is not.
  Result<void> look_after() {
    const OrchestratorMetrics metrics = orchestrator_.metrics();
    if (!metrics.healthy) return fail(ErrorCode::unavailable, metrics.problem);
    const std::uint64_t incidents = metrics.restarts + metrics.quarantined;
    if (std::exchange(incidents_, incidents) == incidents) return {};
    const auto quarantined = orchestrator_.list_quarantined();
    if (!quarantined) return std::unexpected(quarantined.error());
    for (const QuarantinedWorkflow& each : *quarantined) lose(each.id, each.reason);
    return {};
  }

  void give_up_on_unserved() {
    for (const std::string& id : std::set<std::string>(work_.open)) {
      const Result<WorkflowReport> found = orchestrator_.get_workflow(id);
      if (!found) continue;  // it has just ended, or will be missed by the next look
      if (const Result<void> served = check_served(handlers_, id, *found->definition); !served)
        lose(id, served.error().message);
    }
  }

  Orchestrator& orchestrator_;
  const Handlers& handlers_;
  Interruption& interruption_;
  EventFeed& events_;
  Stock work_;
  const bool json_;
  const bool quiet_;
  const std::optional<Duration> timeout_;
  std::optional<std::chrono::steady_clock::time_point> give_up_;
  std::size_t told_ = 0;
  std::uint64_t incidents_ = 0;
  std::map<std::string, std::size_t> tally_;  // by state
  int worst_ = kDone;
};

using Wanted = decltype(Options::only);

Result<std::vector<WorkflowStatus>> list(Orchestrator& orchestrator, WorkflowState state, const Wanted& wanted) {
  auto found = orchestrator.list_workflows({.state = state, .limit = std::numeric_limits<std::size_t>::max()});
  if (found && wanted) std::erase_if(*found, [&](const auto& status) { return !wanted->contains(status.id); });
  return found;
}

// Takes stock of what was taken up, and starts what nobody has.
Result<Stock> take_stock(Orchestrator& orchestrator, EventFeed& events, const Wanted& wanted) {
  Stock work;
  const auto paused = list(orchestrator, WorkflowState::paused, wanted);
  if (!paused) return std::unexpected(paused.error());
  work.paused = paused->size();
  const auto pending = list(orchestrator, WorkflowState::pending, wanted);
  if (!pending) return std::unexpected(pending.error());
  for (const WorkflowStatus& status : *pending) {
    work.open.insert(status.id);
    // Queued ones start by themselves, and may have done so by now.
    if (status.phase != Phase::queued) (void)orchestrator.execute_workflow(status.id);
  }
  const auto running = list(orchestrator, WorkflowState::running, wanted);
  if (!running) return std::unexpected(running.error());
  for (const WorkflowStatus& status : *running) work.open.insert(status.id);
  work.ended = events.take_ended(std::chrono::milliseconds(0));
  work.open.insert(work.ended.begin(), work.ended.end());
  return work;
}

Result<void> tell_stock(Orchestrator& orchestrator, Stock& work, const WatchOptions& options) {
  const std::string& data_dir = options.data_dir;
  const auto quarantined = orchestrator.list_quarantined();
  if (!quarantined) return std::unexpected(quarantined.error());
  for (const QuarantinedWorkflow& each : *quarantined) note(each.reason);
  work.lost = quarantined->size();
  if (work.paused > 0)
    note(fmt::format("{} paused and stay{} so; {} continues one",
                     work.paused == 1 ? "1 workflow is" : fmt::format("{} workflows are", work.paused),
                     work.paused == 1 ? "s" : "", resume_command("ID", data_dir)));
  if (options.view.quiet) return {};
  note(work.open.empty() ? fmt::format("there is nothing to continue in {}", data_dir)
                         : fmt::format("continuing {} of {}", count(work.open.size(), "workflow"), data_dir));
  return {};
}

}  // namespace

int resume_many(const EngineChoice& choice, Interruption& interruption, const WatchOptions& options) {
  const PersistenceOptions& persistence = *choice.persistence;
  Engine engine(choice.engine);
  Watch watch(engine, interruption, options);
  EventFeed& events = watch.events();
  events.listen(every_type());
  const Result<void> enabled = engine.persistence().enable(interruption.attend(persistence));
  if (interruption.leaves()) return leave(interruption, resume_command({}, persistence.data_dir));
  if (!enabled) return report(enabled.error());
  Result<Stock> work = take_stock(engine.orchestrator(), events, choice.engine.only);
  if (!work) return report(work.error());
  if (const Result<void> told = tell_stock(engine.orchestrator(), *work, options); !told) return report(told.error());
  if (work->open.size() == 1 && work->lost == 0 && !options.json) {
    const Result<WorkflowReport> only = engine.orchestrator().get_workflow(*work->open.begin());
    if (!only) return report(only.error());
    if (const auto served = check_served(engine.handlers(), only->status.id, *only->definition); !served)
      return report(served.error());
    watch.begin(only->status.id, *only->definition);
    return watch.finish();
  }
  events.only_ends();
  ResumeMany many(engine, interruption, events, *std::move(work), options);
  if (const Result<void> waited = many.wait(); !waited) return report(waited.error());
  if (!many.all_ended()) return leave(interruption, resume_command({}, persistence.data_dir));
  const int code = many.finish();
  if (const Result<void> stored = engine.persistence().check_store(); !stored) return report(stored.error());
  return code;
}

}  // namespace pawl::cli
