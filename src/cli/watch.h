// One workflow on its way to its end while somebody looks on: what `pawl run` and `pawl resume ID` have in common.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/interruption.h"
#include "cli/view/event_feed.h"
#include "cli/view/view.h"

namespace pawl::cli {

// What became of a workflow that has ended, as an exit code.
using ExitCodeOf = int (*)(const WorkflowReport& report);

// Whether it completed, and has not been undone in vain since.
int exit_code_of_outcome(const WorkflowReport& report);
// Whether all that was to be undone is.
int exit_code_of_compensation(const WorkflowReport& report);

// How what became of a workflow is printed.
struct ReportForm {
  bool json = false;   // a document; otherwise for people
  bool quiet = false;  // for people: the output alone, and on standard error what it failed with
};

struct WatchOptions {
  std::string data_dir;  // empty: in memory
  bool json = false;     // standard output belongs to the report
  ViewArguments view = {};
  std::optional<Duration> timeout = std::nullopt;
  ExitCodeOf exit_code_of = exit_code_of_outcome;

  [[nodiscard]] ReportForm form() const { return {.json = json, .quiet = view.quiet}; }
};

// Error: `invalid_argument`; none given is none.
Result<std::optional<Duration>> read_timeout(const std::optional<std::string>& text);

// Threads: one. Ownership: what it is given outlives it.
class Watch {
 public:
  Watch(Engine& engine, Interruption& interruption, WatchOptions options);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // For a watch that begins after the workflow has.
  EventFeed& events() { return events_; }
  // Notes what happens from now on for begin(), where the workflow has no id yet.
  void listen(const Definition& definition);
  // Shows the workflow from now on; it need not be known to the engine yet. The definition is looked into until
  // finish() returns, here and in listen().
  void begin(const std::string& id, const Definition& definition);
  // Waits for its end, or until the process is to leave it alone. Says what there is to say; returns the exit code.
  int finish();

 private:
  // Nothing: the process is to leave.
  Result<std::optional<WorkflowReport>> wait();

  Engine& engine_;
  Interruption& interruption_;
  const WatchOptions options_;
  std::string id_;
  std::unique_ptr<View> view_;
  EventFeed events_;
};

// Writes the report's document as it goes along; false if that failed, which ferror() remembers.
bool put_report(std::FILE* out, const WorkflowReport& report);

// What became of a workflow that has ended: on standard output, and as an exit code.
int print_report(const WorkflowReport& report, ReportForm form, ExitCodeOf exit_code_of = exit_code_of_outcome);

// Says that the process ends before its workflows do, and that `command` goes on with them; returns the exit code.
int leave(const Interruption& interruption, const std::string& command);

}  // namespace pawl::cli
