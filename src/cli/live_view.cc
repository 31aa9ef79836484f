#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/view.h"

namespace pawl::cli {
namespace {

struct Size {
  int rows = 24;
  int columns = 80;
};

Size terminal_size(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

// The first `columns` characters. Wide characters count as one: a line may then wrap, which the next frame repairs.
std::string_view cut(std::string_view text, int columns) {
  std::size_t end = 0;
  for (int shown = 0; end < text.size() && shown < columns; ++shown) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  }
  return text.substr(0, end);
}

class LiveView final : public View {
 public:
  LiveView(std::FILE* out, const Definition& definition)
      : out_(out), name_(printable(definition.name())), colours_(palette(true)) {
    fmt::print(out_, "\033[?25l");  // hides the cursor
  }

  ~LiveView() override { fmt::print(out_, "\033[?25h"); }

  [[nodiscard]] std::vector<std::string> types() const override {
    return {"task_started",   "task_completed", "task_failed",   "task_retry_scheduled",
            "task_cancelled", "task_output",    "task_progress", "workflow_stopping"};
  }

  void happened(const WorkflowEvent& event) override {
    const std::lock_guard lock(mutex_);
    if (event.type == "task_started") {
      running_[event.task] = {.started = event.at, .attempt = event.attempt, .last_line = {}, .progress = -1};
    } else if (event.type == "task_output") {
      if (const auto task = running_.find(event.task); task != running_.end())
        task->second.last_line = printable(event.text);
    } else if (event.type == "task_progress") {
      if (const auto task = running_.find(event.task); task != running_.end()) {
        task->second.progress = event.progress;
        if (!event.text.empty()) task->second.last_line = printable(event.text);
      }
    } else if (event.type == "workflow_stopping") {
      note_ = fmt::format("stopping ({})", event.text);
    } else {
      running_.erase(event.task);
    }
  }

  void refresh(const WorkflowStatus& status) override {
    const Size size = terminal_size(out_);
    const std::lock_guard lock(mutex_);
    std::string frame = erase_last_frame();
    const Timestamp now = clock_.now();
    std::vector<std::pair<Timestamp, const std::string*>> oldest;
    for (const auto& [id, task] : running_) oldest.emplace_back(task.started, &id);
    std::ranges::sort(oldest);
    const auto room = static_cast<std::size_t>(std::max(1, size.rows - 4));
    lines_ = 0;
    for (const auto& [started, id] : oldest) {
      if (lines_ == room) {
        add_line(frame, fmt::format("{}... and {} more{}", colours_.dim, oldest.size() - room, colours_.reset));
        break;
      }
      add_line(frame, task_line(*id, running_[*id], now, size.columns));
    }
    add_line(frame, bar_line(status, now, size.columns));
    add_line(frame, counts_line(status));
    std::fwrite(frame.data(), 1, frame.size(), out_);
    std::fflush(out_);
  }

  void close() override {
    const std::string frame = erase_last_frame() + "\033[?25h";
    lines_ = 0;
    std::fwrite(frame.data(), 1, frame.size(), out_);
    std::fflush(out_);
  }

 private:
  struct Running {
    Timestamp started;
    std::uint32_t attempt = 1;
    std::string last_line;
    double progress = -1;  // not told
  };

  void add_line(std::string& frame, std::string_view line) {
    frame += line;
    frame += "\033[K\n";
    ++lines_;
  }

  [[nodiscard]] std::string erase_last_frame() const {
    return lines_ == 0 ? std::string() : fmt::format("\033[{}A\r\033[J", lines_);
  }

  [[nodiscard]] std::string task_line(const std::string& id, const Running& task, Timestamp now, int columns) const {
    std::string head =
        fmt::format("{} {:>7} ", cut(printable(id), 32), short_duration(std::max(now - task.started, {})));
    if (task.attempt > 1) head += fmt::format("attempt {} ", task.attempt);
    if (task.progress >= 0) head += fmt::format("{:.0f} % ", task.progress * 100);
    const int left = columns - 3 - static_cast<int>(head.size());
    return fmt::format("{}>{} {}{}{}{}", colours_.blue, colours_.reset, head, colours_.dim,
                       cut(task.last_line, std::max(left, 0)), colours_.reset);
  }

  [[nodiscard]] std::string bar_line(const WorkflowStatus& status, Timestamp now, int columns) const {
    const Timestamp started = status.started_at.value_or(now);
    const auto elapsed = std::max(now - started, std::chrono::microseconds(0));
    std::string right = fmt::format(" {:.0f} % {}", status.progress * 100, short_duration(elapsed));
    // So far the tasks that ended took `elapsed`: the rest at the same pace.
    if (status.progress > 0 && status.progress < 1)
      right += fmt::format(", {} left", short_duration(std::chrono::microseconds(static_cast<std::int64_t>(
                                            static_cast<double>(elapsed.count()) * (1 / status.progress - 1)))));
    const std::string left = fmt::format("{} ", cut(name_, 24));
    const int width = std::clamp(columns - static_cast<int>(left.size() + right.size()) - 3, 5, 40);
    const int done = static_cast<int>(status.progress * width);
    return fmt::format("{}{}{}[{}{}{}{}]{}", colours_.bold, left, colours_.reset, colours_.green,
                       std::string(static_cast<std::size_t>(done), '#'), colours_.reset,
                       std::string(static_cast<std::size_t>(width - done), '.'), right);
  }

  [[nodiscard]] std::string counts_line(const WorkflowStatus& status) const {
    std::string line = fmt::format("{} of {} tasks completed, {} running", status.tasks_completed, status.tasks_total,
                                   status.tasks_running);
    if (status.tasks_failed > 0)
      line += fmt::format(", {}{} failed{}", colours_.red, status.tasks_failed, colours_.reset);
    if (status.tasks_skipped > 0) line += fmt::format(", {} skipped", status.tasks_skipped);
    if (status.state == WorkflowState::paused) line += ", paused";
    if (!note_.empty()) line += fmt::format(", {}{}{}", colours_.yellow, note_, colours_.reset);
    return line;
  }

  std::FILE* out_;
  const std::string name_;
  const Palette colours_;
  const SystemClock clock_;
  std::mutex mutex_;  // guards all below
  std::map<std::string, Running> running_;
  std::string note_;
  std::size_t lines_ = 0;  // of the frame on the screen
};

}  // namespace

std::unique_ptr<View> make_live_view(std::FILE* out, const Definition& definition) {
  return std::make_unique<LiveView>(out, definition);
}

}  // namespace pawl::cli
