// pawl run FILE: one workflow, here and now.
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "pawl/engine.h"

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/signals.h"
#include "cli/usage.h"
#include "cli/view.h"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds kFrame(100);

struct RunOptions {
  std::string file;
  std::optional<std::string> input;
  std::string output = "human";
  std::size_t concurrency = 0;
  std::optional<std::string> timeout;
  std::optional<std::string> id;
};

int exit_code_of(const WorkflowReport& report) {
  if (report.status.state == WorkflowState::completed) return kDone;
  if (report.status.state == WorkflowState::cancelled) return kCancelled;
  // A workflow that itself took too long, as opposed to one that a task's timeout made fail.
  const Json error = report.error.parse();
  const bool timed_out = error.is_object() && error.get_object().contains("code") && error.at("code") == "timeout" &&
                         !error.get_object().contains("task");
  return timed_out ? kCancelled : kWorkflowFailed;
}

// What an interruption is for, while there is something to interrupt.
class Interruptible {
 public:
  void set(Engine* engine, const std::string& id) {
    const std::lock_guard lock(mutex_);
    engine_ = engine;
    id_ = id;
  }

  // The first one lets running tasks stop by themselves, the second one stops them at once.
  void interrupt(int count) {
    if (count > 2) ::_exit(kCancelled);
    const std::lock_guard lock(mutex_);
    if (engine_ == nullptr) ::_exit(kCancelled);
    CancelOptions cancel{.reason = "interrupted", .grace = {}};
    if (count == 2) cancel.grace = Duration::zero();
    (void)engine_->orchestrator().cancel_workflow(id_, cancel);
  }

 private:
  std::mutex mutex_;  // guards both; held during the call, so that the engine is not destroyed meanwhile
  Engine* engine_ = nullptr;
  std::string id_;
};

// Where people look. With `--output json` standard output belongs to the document.
std::unique_ptr<View> make_view(const RunOptions& options, const Definition& definition) {
  const bool json = options.output == "json";
  std::FILE* const out = json ? stderr : stdout;
  if (::isatty(::fileno(out)) == 1) return make_live_view(out, definition);
  return json ? nullptr : make_plain_view(out, definition);
}

void print_report(const RunOptions& options, const WorkflowReport& report) {
  if (options.output == "json") {
    const std::string text = to_json_text(report) + "\n";
    put(stdout, text);
  } else {
    put(stdout, summarise(report, ::isatty(STDOUT_FILENO) == 1));
  }
}

// Waits for the end, showing the way there. After `timeout` the workflow is cancelled.
Result<WorkflowReport> watch(Engine& engine, const std::string& id, View* view, std::optional<Duration> timeout) {
  const auto give_up = std::chrono::steady_clock::now() + timeout.value_or(Duration::zero());
  bool timed_out = false;
  for (;;) {
    Result<WorkflowReport> report = engine.orchestrator().wait_workflow(id, kFrame);
    if (report || report.error().code != ErrorCode::timeout) return report;
    if (view != nullptr)
      if (const Result<WorkflowStatus> status = engine.orchestrator().get_workflow_status(id)) view->refresh(*status);
    if (!timeout || timed_out || std::chrono::steady_clock::now() < give_up) continue;
    timed_out = true;
    // Refused only if it ends at this very moment.
    (void)engine.orchestrator().cancel_workflow(
        id, {.reason = fmt::format("it took longer than {} (--timeout)", format_duration(*timeout))});
  }
}

int run_workflow(Engine& engine, const RunOptions& options, const std::string& id, const Definition& definition,
                 std::optional<Duration> timeout) {
  const std::unique_ptr<View> view = make_view(options, definition);
  Result<SubscriptionId> subscription = fail(ErrorCode::not_found, "there is no view");
  if (view)
    subscription = engine.monitor().subscribe([&view = *view](const WorkflowEvent& event) { view.happened(event); },
                                              view->types());
  Result<WorkflowReport> report = fail(ErrorCode::internal, "");
  if (const Result<void> started = engine.orchestrator().execute_workflow(id); !started) {
    report = std::unexpected(started.error());
  } else {
    report = watch(engine, id, view.get(), timeout);
  }
  if (subscription) (void)engine.monitor().unsubscribe(*subscription);
  if (view) view->close();
  if (!report) return cli::report(report.error());
  print_report(options, *report);
  return exit_code_of(*report);
}

Result<std::optional<Duration>> read_timeout(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const Result<Duration> timeout = parse_duration(*text);
  if (!timeout) return std::unexpected(timeout.error());
  if (*timeout == Duration::zero())
    return fail(ErrorCode::invalid_argument, fmt::format("{} is no time to work in", in_quotes(*text)));
  return *timeout;
}

int run_file(const RunOptions& options) {
  const Result<std::optional<Duration>> timeout = read_timeout(options.timeout);
  if (!timeout) return report(timeout.error(), "--timeout");
  const Result<Json> input = options.input ? read_input(*options.input) : boost::json::object();
  if (!input) return report(input.error(), "--input");

  // Made before the engine's threads, so that they all inherit its mask.
  Interruptible interruptible;
  const Signals signals([&](int count) { interruptible.interrupt(count); });
  Engine engine({.max_concurrent_tasks = options.concurrency});
  const Result<DefinitionPtr> definition = read_definition_file(options.file, {.handlers = &engine.handlers()});
  if (!definition) return report(definition.error(), options.file);
  const CreateOptions create{.id = options.id, .priority = {}, .input = *input};
  const Result<std::string> created = engine.orchestrator().create_workflow(*definition, create);
  if (!created) return report(created.error());
  interruptible.set(&engine, *created);
  const int code = run_workflow(engine, options, *created, **definition, *timeout);
  interruptible.set(nullptr, {});
  return code;
}

void add_text(CLI::App& verb, const std::string& name, std::optional<std::string>& value, const std::string& what) {
  // CLI11 would take an empty text for none at all.
  verb.add_option_function<std::string>(name, [&value](const std::string& text) { value = text; }, what);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto* const verb = app.add_subcommand("run", "Run a workflow here and now, and show how it goes");
  const auto options = std::make_shared<RunOptions>();
  verb->add_option("FILE", options->file, "A definition, YAML or JSON")->required();
  add_text(*verb, "--input", options->input,
           "A JSON object laid over the definition's input, or @FILE, or @- for stdin");
  verb->add_option("--output", options->output, "human: a view and a summary; json: one JSON document at the end")
      ->check(one_of({"human", "json"}))
      ->capture_default_str();
  verb->add_option("--concurrency", options->concurrency, "Tasks that may run at once (default 64)")
      ->check(integer_between(1, 100'000));
  add_text(*verb, "--timeout", options->timeout, "Cancel it after this long, e.g. 90s, 10m");
  add_text(*verb, "--id", options->id, "The workflow's id, 1 to 256 bytes of text (default: a new one)");
  verb->footer(
      "On a terminal it shows each running task with its last line of output; on a pipe it prints plain lines.\n"
      "Ctrl-C cancels: running tasks get 10 s to stop. A second Ctrl-C stops them at once.\n"
      "\n"
      "  pawl run flow.yaml --input '{\"source\": \"orders.csv\"}'\n"
      "  pawl run flow.yaml --output json > report.json\n"
      "\n"
      "Exit codes: 0 completed, 1 failed, 2 bad usage or definition, 3 cancelled or timed out, 4 unavailable, or\n"
      "its output could not be written.");
  verb->callback([options, &action] { action = [options] { return run_file(*options); }; });
}

}  // namespace pawl::cli
