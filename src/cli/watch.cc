#include "cli/watch.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/open_data_dir.h"
#include "cli/view/terminal.h"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds kFrame(100);

// Where people look. With `--output json` standard output belongs to the document.
std::unique_ptr<View> make_view(const WatchOptions& options, const Definition& definition) {
  const std::string& progress = options.view.progress;
  if (options.view.quiet || progress == "none") return nullptr;
  std::FILE* const out = options.json ? stderr : stdout;
  if (progress != "plain" && takes_escapes(out)) return make_live_view(out, definition);
  return options.json && progress.empty() ? nullptr : make_plain_view(out, definition);
}

// For scripts: a text as it is, with one line break at its end, anything else as JSON, and nothing if there is nothing.
void print_output(const JsonText& output) {
  if (output.is_null()) return;
  const Json parsed = output.parse();
  const std::string text(parsed.is_string() ? std::string_view(parsed.get_string()) : output.view());
  put(stdout, text);
  if (!text.ends_with('\n')) put(stdout, "\n");
}

}  // namespace

int exit_code_of_outcome(const WorkflowReport& report) {
  if (report.status.state == WorkflowState::completed)  // and may have been undone since
    return report.status.compensation == CompensationState::failed ? kWorkflowFailed : kDone;
  if (report.status.state == WorkflowState::cancelled) return kCancelled;
  // A workflow that itself took too long, as opposed to one that a task's timeout made fail.
  const Json error = report.error.parse();
  const bool timed_out = error.is_object() && error.get_object().contains("code") && error.at("code") == "timeout" &&
                         !error.get_object().contains("task");
  return timed_out ? kCancelled : kWorkflowFailed;
}

bool put_report(std::FILE* out, const WorkflowReport& report) {
  return write_json(report, [out](std::string_view piece) {
    return std::fwrite(piece.data(), 1, piece.size(), out) == piece.size();
  });
}

int exit_code_of_compensation(const WorkflowReport& report) {
  return report.status.compensation == CompensationState::failed ? kWorkflowFailed : kDone;
}

int print_report(const WorkflowReport& report, ReportForm form, ExitCodeOf exit_code_of) {
  if (form.json) {
    put_report(stdout, report);
    put(stdout, "\n");
  } else if (!form.quiet) {
    put(stdout, summarise(report, summary_style(stdout)));
  } else if (report.status.state == WorkflowState::completed) {
    print_output(report.output);
  } else {
    put(stderr, summarise(report, summary_style(stderr)));
  }
  return exit_code_of(report);
}

Result<std::optional<Duration>> read_timeout(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const Result<Duration> timeout = parse_duration(*text);
  if (!timeout) return std::unexpected(timeout.error());
  if (*timeout == Duration::zero())
    return fail(ErrorCode::invalid_argument, fmt::format("{} must be greater than 0", in_quotes(*text)));
  return *timeout;
}

int leave(const Interruption& interruption, const std::string& command) {
  note(fmt::format("ended by {}; nothing is lost: {} continues", interruption.reason(), command));
  return kUnavailable;
}

Watch::Watch(Engine& engine, Interruption& interruption, WatchOptions options)
    : engine_(engine), interruption_(interruption), options_(std::move(options)), events_(engine.monitor()) {}

Watch::~Watch() {
  interruption_.clear_workflow();
  interruption_.end(engine_, !options_.view.quiet && !options_.json);
}

void Watch::listen(const Definition& definition) {
  view_ = make_view(options_, definition);
  if (view_) events_.listen(view_->types());
}

void Watch::begin(const std::string& id, const Definition& definition) {
  id_ = id;
  if (!view_) view_ = make_view(options_, definition);
  if (view_) events_.show(*view_, id);
}

Result<std::optional<WorkflowReport>> Watch::wait() {
  const auto give_up = std::chrono::steady_clock::now() + options_.timeout.value_or(Duration::zero());
  bool timed_out = false;
  Orchestrator& orchestrator = engine_.orchestrator();
  while (!interruption_.leaves()) {
    Result<WorkflowReport> report = orchestrator.wait_workflow(id_, kFrame);
    if (report || report.error().code != ErrorCode::timeout) return report;
    if (view_)
      if (const Result<WorkflowStatus> status = orchestrator.get_workflow_status(id_)) view_->refresh(*status);
    if (!options_.timeout || timed_out || std::chrono::steady_clock::now() < give_up) continue;
    timed_out = true;
    // Refused only if it ends at this very moment.
    (void)orchestrator.cancel_workflow(
        id_, {.reason = fmt::format("it took longer than {} (--timeout)", format_duration(*options_.timeout))});
  }
  return std::nullopt;
}

int Watch::finish() {
  const Result<std::optional<WorkflowReport>> report = wait();
  interruption_.clear_workflow();
  events_.close();
  if (view_) view_->close();
  if (!report) {
    const int code = cli::report(report.error());
    // Unless somebody has removed the rows meanwhile.
    const std::filesystem::path directory = options_.data_dir;
    if (code == kUnavailable && !directory.empty() && std::filesystem::exists(directory / "rocksdb"))
      note(fmt::format("nothing is lost: {} continues", resume_command(id_, options_.data_dir)));
    return code;
  }
  if (!*report) return leave(interruption_, resume_command(id_, options_.data_dir));
  const int code = print_report(**report, options_.form(), options_.exit_code_of);
  if (const Result<void> stored = engine_.persistence().check_store(); !stored) return cli::report(stored.error());
  if (interruption_.cancelled() && !options_.data_dir.empty())
    note(
        "Ctrl-C has cancelled it for good; SIGTERM would have ended this process only, and pawl resume would continue "
        "it");
  return code;
}

}  // namespace pawl::cli
