
#include <fmt/format.h>

#include "base/mutex.h"
#include "base/time.h"
#include "cli/view/event_text.h"
#include "cli/view/outlet.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

// Above so many tasks a line each would be noise.
constexpr TaskIndex kOneByOne = 2000;

class PlainView final : public View {
 public:
  PlainView(std::FILE* out, const Definition& definition)
      : definition_(definition), outlet_(out), one_by_one_(definition.task_count() <= kOneByOne) {}

  [[nodiscard]] std::vector<std::string> types() const override {
    if (one_by_one_) return every_type();
    return {"workflow_started", "workflow_paused", "workflow_resumed", "workflow_stopping", "task_failed"};
  }

  void happened(const WorkflowEvent& event) override {
    if (event.type == "task_retry_due") return;  // the attempt is told next
    const MutexLock lock(mutex_);
    const std::string time = format_time(event.at).substr(11, 12);
    const std::string head = fmt::format("{} {} ", time, subject_of(event));
    if (event.type == "task_lines") {
      put_lines(head + (event.is_stderr ? "! " : "| "), event.text);
    } else {
      outlet_.put(fmt::format("{}{}{}\n", head, words_.describe(event),
                              waits_for_process(definition_, event) ? ", when the process of this one has ended" : ""));
    }
  }

  void refresh(const WorkflowStatus& status) override {
    const int tenth = static_cast<int>(status.progress * 10);
    if (one_by_one_ || tenth <= last_tenth_) return;
    last_tenth_ = tenth;
    outlet_.put(fmt::format("{} % of {} tasks\n", tenth * 10, status.tasks_total));
  }

  void close() override { outlet_.close(); }

 private:
  // What a task wrote comes in blocks of whole lines, each ended by "\n".
  void put_lines(std::string_view head, std::string_view lines) PAWL_REQUIRES(mutex_) {
    block_.clear();
    std::size_t count = 0;
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      block_ += head;
      append_printable(block_, lines.substr(0, end));
      block_ += '\n';
      lines.remove_prefix(std::min(end + 1, lines.size()));
      ++count;
    }
    outlet_.put_output(block_, count);
  }

  const Definition& definition_;
  Outlet outlet_;
  const bool one_by_one_;
  int last_tenth_ = 0;
  Mutex mutex_;  // also for the order of lines
  EventFormatter words_ PAWL_GUARDED_BY(mutex_);
  std::string block_ PAWL_GUARDED_BY(mutex_);  // only here to keep its memory
};

}  // namespace

std::unique_ptr<View> make_plain_view(std::FILE* out, const Definition& definition) {
  return std::make_unique<PlainView>(out, definition);
}

}  // namespace pawl::cli
