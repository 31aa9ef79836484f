#include "pawl/test_task.h"

#include <stop_token>
#include <string_view>

#include "pawl/definition.h"
#include "pawl/orchestrator.h"

#include "base/value_check.h"
#include "model/attempt.h"

namespace pawl {
namespace {

constexpr std::string_view kModule = "test";
constexpr std::string_view kFunction = "noop";

// A graph in which the task stands: those that it depends on, then itself.
DefinitionPtr definition_of(const TestTaskOptions& options) {
  WorkflowSpec spec{.name = "test"};
  TaskSpec task{.id = options.task_id, .module = std::string(kModule), .function = std::string(kFunction)};
  for (const auto& [id, result] : options.results) {
    spec.tasks.push_back({.id = id, .module = std::string(kModule), .function = std::string(kFunction)});
    task.dependencies.push_back(id);
  }
  if (options.undone) task.compensation = {.module = std::string(kModule), .function = std::string(kFunction)};
  spec.tasks.push_back(std::move(task));
  return make_definition(spec).value();
}

JsonText text_of(const Json& value, const char* field) {
  check_value(value, field).value();
  return JsonText::from(value);
}

void check_kind(bool is_right, const char* expected, const char* field) {
  if (!is_right) throw NoValue(Error{.code = ErrorCode::invalid_argument, .message = expected, .field = field});
}

}  // namespace

struct TestTask::Parts {
  // What the handler reports stays here.
  struct Recorder final : AttemptSink {
    void finished(const AttemptAddress&, AttemptOutcome) override {}
    void wrote(const Assignment&, bool, std::string_view text) override {
      while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      }
    }
    void progressed(const Assignment&, double fraction, std::string_view message) override {
      progress.push_back({.fraction = fraction, .message = std::string(message)});
    }

    std::vector<std::string> lines;
    std::vector<ReportedProgress> progress;
  };

  explicit Parts(const TestTaskOptions& options)
      : facts{.id = WorkflowId(options.workflow_id),
              .definition = definition_of(options),
              .input = text_of(options.input, "input")},
        assignment(assign(options)),
        context(assignment, stop.get_token(), recorder) {}

  Assignment assign(const TestTaskOptions& options) const {
    const Definition& definition = *facts.definition;
    const TaskIndex task = *definition.find_task(options.task_id);
    Assignment made{.address = {.route = {}, .action = task, .attempt = options.attempt},
                    .facts = &facts,
                    .args = text_of(options.args, "args"),
                    .deadline = options.deadline,
                    .run = options.run};
    for (const auto& [id, result] : options.results)
      made.results.emplace_back(*definition.find_task(id), text_of(result, "results"));
    if (options.undone) {
      made.address.action = ActionId::undo_of(task);
      made.undone =
          std::make_shared<const Undone>(Undone{.task = task,
                                                .args = text_of(options.undone->args, "undone.args"),
                                                .result = text_of(options.undone->result, "undone.result"),
                                                .failure = text_of(options.undone->failure, "undone.failure")});
    }
    return made;
  }

  const WorkflowFacts facts;
  Recorder recorder;
  std::stop_source stop;
  const Assignment assignment;
  TaskContext context;
};

TestTask::TestTask(const TestTaskOptions& options) {
  check_workflow_id(options.workflow_id).value();
  check_kind(options.args.is_array(), "expected an array", "args");
  check_kind(options.input.is_object(), "expected an object", "input");
  parts_ = std::make_unique<Parts>(options);
}

TestTask::~TestTask() = default;

TaskContext& TestTask::context() { return parts_->context; }
void TestTask::request_stop() { parts_->stop.request_stop(); }
const std::vector<std::string>& TestTask::lines() const { return parts_->recorder.lines; }
const std::vector<ReportedProgress>& TestTask::progress() const { return parts_->recorder.progress; }

}  // namespace pawl
