#include <mutex>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/event_words.h"
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
    if (event.type == "task_retry_due") return;  // the attempt is told next
    const std::lock_guard lock(mutex_);
    const std::string time = format_time(event.at).substr(11, 12);
    put(out_, fmt::format("{} {} {}\n", time, subject_of(event), words_.describe(event)));
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
  std::FILE* out_;
  const bool one_by_one_;
  int last_tenth_ = 0;
  std::mutex mutex_;  // guards all below, and the order of lines
  EventWords words_;
};

}  // namespace

std::unique_ptr<View> make_plain_view(std::FILE* out, const Definition& definition) {
  return std::make_unique<PlainView>(out, definition);
}

}  // namespace pawl::cli
