#include <mutex>
#include <unordered_map>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/view.h"

namespace pawl::cli {
namespace {

// Above so many tasks a line each would be noise.
constexpr TaskIndex kOneByOne = 2000;

class PlainView final : public View {
 public:
  PlainView(std::FILE* out, const Definition& definition)
      : out_(out), one_by_one_(definition.task_count() <= kOneByOne) {}

  [[nodiscard]] std::vector<std::string> types() const override {
    if (!one_by_one_)
      return {"workflow_started", "workflow_paused", "workflow_resumed", "workflow_stopping", "task_failed"};
    return {};
  }

  void happened(const WorkflowEvent& event) override {
    const std::lock_guard lock(mutex_);
    if (event.type == "task_started") {
      started_[event.task] = event.at;
      line(event, fmt::format("started{}", event.attempt > 1 ? fmt::format(" (attempt {})", event.attempt) : ""));
    } else if (event.type == "task_completed") {
      line(event, fmt::format("completed in {}", short_duration(event.at - started_[event.task])));
    } else if (event.type == "task_failed") {
      line(event, fmt::format("failed: {}", message_of(event.error)));
    } else if (event.type == "task_retry_scheduled") {
      line(event, fmt::format("attempt {} failed: {}; next one in {}", event.attempt, message_of(event.error),
                              short_duration(event.due - event.at)));
    } else if (event.type == "task_skipped") {
      line(event, fmt::format("skipped ({})", printable(event.text)));
    } else if (event.type == "task_cancelled") {
      line(event, "cancelled");
    } else if (event.type == "task_output") {
      line(event, fmt::format("{} {}", event.is_stderr ? "!" : "|", printable(event.text)));
    } else if (event.type == "task_progress") {
      line(event, fmt::format("{:.0f} % {}", event.progress * 100, printable(event.text)));
    } else if (event.type == "workflow_stopping") {
      line(event, fmt::format("stopping ({}): {}", event.text, message_of(event.error)));
    } else if (event.type != "task_retry_due") {
      line(event, event.type.substr(std::string_view("workflow_").size()));
    }
  }

  void refresh(const WorkflowStatus& status) override {
    const int tenth = static_cast<int>(status.progress * 10);
    if (one_by_one_ || tenth <= last_tenth_) return;
    last_tenth_ = tenth;
    const std::lock_guard lock(mutex_);
    put(out_, fmt::format("{} % of {} tasks\n", tenth * 10, status.tasks_total));
  }

  void close() override {}

 private:
  void line(const WorkflowEvent& event, std::string_view what) {
    const std::string time = format_time(event.at).substr(11, 12);
    put(out_, fmt::format("{} {} {}\n", time, event.task.empty() ? "workflow" : printable(event.task), what));
  }

  std::FILE* out_;
  const bool one_by_one_;
  int last_tenth_ = 0;
  std::mutex mutex_;  // guards all below, and the order of lines
  std::unordered_map<std::string, Timestamp> started_;
};

}  // namespace

std::unique_ptr<View> make_plain_view(std::FILE* out, const Definition& definition) {
  return std::make_unique<PlainView>(out, definition);
}

}  // namespace pawl::cli
