#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/mutex.h"
#include "base/time.h"
#include "cli/view/cut_output.h"
#include "cli/view/event_text.h"
#include "cli/view/terminal.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

// Around each frame: no cursor that jumps, and no line that goes on in the next row because the terminal takes a
// character for wider than we do.
constexpr std::string_view kBegin = "\033[?25l\033[?7l";
constexpr std::string_view kEnd = "\033[?7h\033[?25h";

// One line of the screen, which takes no more than the terminal has: what is too much is cut off.
class Line {
 public:
  explicit Line(std::size_t columns) : left_(columns) {}

  Line& add(std::string_view text, std::string_view colour = {}) {
    const std::string_view shown = cut(text, left_);
    left_ -= width_of(shown);
    if (shown.size() < text.size()) left_ = 0;
    if (shown.empty()) return *this;
    text_ += colour;
    text_ += shown;
    if (!colour.empty()) text_ += kReset;
    return *this;
  }

  [[nodiscard]] std::size_t left() const { return left_; }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  static constexpr std::string_view kReset = "\033[0m";
  std::size_t left_;
  std::string text_;
};

// Of whole lines, each ended by "\n".
std::string_view last_line(std::string_view lines) {
  if (lines.ends_with('\n')) lines.remove_suffix(1);
  return lines.substr(lines.rfind('\n') + 1);
}

class LiveView final : public View {
 public:
  LiveView(std::FILE* out, const Definition& definition)
      : out_(out),
        definition_(definition),
        name_(printable(definition.name())),
        colours_(palette(takes_colours(out))) {}

  [[nodiscard]] std::vector<std::string> types() const override {
    return {"task_started",         "task_completed",
            "task_failed",          "task_retry_scheduled",
            "task_cancelled",       "task_lines",
            "task_progress",        "task_held",
            "compensation_started", "compensation_completed",
            "compensation_failed",  "compensation_retry_scheduled",
            "workflow_stopping",    "workflow_compensating"};
  }

  void happened(const WorkflowEvent& event) override {
    const MutexLock lock(mutex_);
    const bool undoes = event.type.starts_with("compensation_");
    if (event.type == "task_started" || event.type == "compensation_started") {
      const auto early = early_lines_.extract(event.task);
      shown_[event.task] = {.started = event.at,
                            .attempt = event.attempt,
                            .last_line = !early.empty() ? early.mapped()
                                         : undoes       ? "is undone"
                                                        : ""};
    } else if (event.type == "task_held") {
      shown_[event.task] = {.started = event.at, .last_line = "held by its circuit breaker"};
    } else if (event.type == "workflow_compensating") {
      note_ = "compensating: what has completed is undone";
    } else if (event.type == "task_retry_scheduled" || event.type == "compensation_retry_scheduled") {
      shown_[event.task] = {.started = event.at,
                            .attempt = event.attempt,
                            .last_line = message_of(event.error),
                            .next_attempt = event.due,
                            .waits_for_process = waits_for_process(definition_, event)};
    } else if (event.type == "task_lines") {
      const auto task = shown_.find(event.task);
      const bool runs = task != shown_.end() && !task->second.next_attempt;
      (runs ? task->second.last_line : early_lines_[event.task]) = printable(last_line(event.text));
    } else if (event.type == "task_progress") {
      if (const auto task = shown_.find(event.task); task != shown_.end()) {
        task->second.progress = event.progress;
        if (!event.text.empty()) task->second.last_line = printable(event.text);
      }
    } else if (event.type == "workflow_stopping") {
      note_ = fmt::format("stopping ({}): {}", event.text, message_of(event.error));
    } else {
      if (const std::string cut = describe_cut(event.result); !cut.empty())
        note_ = fmt::format("{}: {}", printable(event.task), cut);
      shown_.erase(event.task);
      early_lines_.erase(event.task);
    }
  }

  void refresh(const WorkflowStatus& status) override {
    const ScreenSize size = screen_size(out_);
    const Timestamp now = clock_.now();
    std::vector<std::string> lines;
    // The cursor stands below the last line, so one row stays free.
    const std::size_t rows = size.rows - 1;
    {
      const MutexLock lock(mutex_);
      if (rows > 2) lines = task_lines(rows - 2, size.columns, now);
      if (rows > 0) lines.push_back(bar_line(status, now, size.columns));
      if (rows > 1) lines.push_back(counts_line(status, now, size.columns));
    }
    show(lines);  // a slow terminal keeps nobody waiting who has something to tell
  }

  void close() override { show({}); }

 private:
  // A task that runs, or waits for its next attempt.
  struct Shown {
    Timestamp started;
    std::uint32_t attempt = 1;
    std::string last_line;
    double progress = -1;  // not told
    std::optional<Timestamp> next_attempt;
    bool waits_for_process = false;  // the next attempt, when it is due

    [[nodiscard]] bool is_due(Timestamp now) const { return next_attempt && *next_attempt <= now; }
  };

  // Replaces what is on the screen. Between frames the terminal is as it was, so that nothing has to be put right
  // however this process ends.
  void show(const std::vector<std::string>& lines) {
    std::string frame(kBegin);
    if (lines_ > 0) frame += fmt::format("\033[{}A\r\033[J", lines_);
    for (const std::string& line : lines) frame += line + "\033[K\n";
    frame += kEnd;
    lines_ = lines.size();
    put(out_, frame);
  }

  // The tasks that run longest, and how many more there are.
  [[nodiscard]] std::vector<std::string> task_lines(std::size_t rows, std::size_t columns, Timestamp now) const
      PAWL_REQUIRES(mutex_) {
    std::vector<std::pair<Timestamp, const std::string*>> oldest;
    for (const auto& [id, task] : shown_) oldest.emplace_back(task.started, &id);
    std::ranges::sort(oldest);
    const std::size_t shown = oldest.size() <= rows ? oldest.size() : rows - 1;
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < shown; ++i)
      lines.push_back(task_line(*oldest[i].second, shown_.at(*oldest[i].second), now, columns));
    if (shown < oldest.size())
      lines.push_back(
          std::move(Line(columns).add(fmt::format("... and {} more", oldest.size() - shown), colours_.dim)).text());
    return lines;
  }

  [[nodiscard]] std::string task_line(const std::string& id, const Shown& task, Timestamp now,
                                      std::size_t columns) const {
    constexpr std::size_t kIdColumns = 32;
    const std::string shown_id = printable(id);
    const std::string_view name = cut(shown_id, kIdColumns);
    if (task.next_attempt) {
      std::string next = "is due";
      if (!task.is_due(now))
        next = "in " + short_duration(*task.next_attempt - now);
      else if (task.waits_for_process)
        next = fmt::format("waits for the process of attempt {}", task.attempt);
      const std::string head = fmt::format("{} attempt {} failed, the next one {} ", name, task.attempt, next);
      return std::move(Line(columns).add("~ ", colours_.yellow).add(head).add(task.last_line, colours_.dim)).text();
    }
    std::string head = fmt::format("{} {:>7} ", name, short_duration(std::max(now - task.started, {})));
    if (task.attempt > 1) head += fmt::format("attempt {} ", task.attempt);
    if (task.progress >= 0) head += fmt::format("{:.0f} % ", task.progress * 100);
    return std::move(Line(columns).add("> ", colours_.blue).add(head).add(task.last_line, colours_.dim)).text();
  }

  // The tasks that are left take as long as those before them did. While none ends, the time that is left runs down.
  std::chrono::microseconds time_left(double progress, std::chrono::microseconds elapsed) {
    if (progress != progress_) {
      progress_ = progress;
      progressed_after_ = elapsed;
    }
    if (progress_ == 0) return {};
    const auto whole = std::chrono::duration<double, std::micro>(progressed_after_) / progress_;
    return std::chrono::duration_cast<std::chrono::microseconds>(whole) - elapsed;
  }

  [[nodiscard]] std::string bar_line(const WorkflowStatus& status, Timestamp now, std::size_t columns) {
    constexpr std::size_t kNameColumns = 24;
    constexpr std::size_t kBarColumns = 40;
    constexpr std::size_t kLeastBarColumns = 5;
    const Timestamp started = status.started_at.value_or(now);
    const auto elapsed = std::max(now - started, std::chrono::microseconds(0));
    std::string right = fmt::format("] {:.0f} % {}", status.progress * 100, short_duration(elapsed));
    if (const auto left = time_left(status.progress, elapsed); left > std::chrono::seconds(0))
      right += fmt::format(", {} left", short_duration(left));
    Line line(columns);
    // On a narrow terminal the bar tells more than the name.
    if (columns >= 2 * kNameColumns) line.add(fmt::format("{} ", cut(name_, kNameColumns)), colours_.bold);
    line.add("[");
    const std::size_t width =
        std::clamp(line.left() - std::min(line.left(), right.size()), kLeastBarColumns, kBarColumns);
    const auto done = static_cast<std::size_t>(status.progress * static_cast<double>(width));
    return std::move(line.add(std::string(done, '#'), colours_.green).add(std::string(width - done, '.')).add(right))
        .text();
  }

  [[nodiscard]] std::string counts_line(const WorkflowStatus& status, Timestamp now, std::size_t columns) const
      PAWL_REQUIRES(mutex_) {
    Line line(columns);
    line.add(fmt::format("{} of {} tasks completed, {} running", status.tasks_completed, status.tasks_total,
                         status.tasks_running));
    const auto waiting = std::ranges::count_if(
        shown_, [now](const auto& task) { return task.second.is_due(now) && task.second.waits_for_process; });
    if (waiting > 0) line.add(fmt::format(", {} waiting for a process to end", waiting));
    if (status.tasks_failed > 0) line.add(", ").add(fmt::format("{} failed", status.tasks_failed), colours_.red);
    if (status.tasks_skipped > 0) line.add(fmt::format(", {} skipped", status.tasks_skipped));
    if (status.state == WorkflowState::paused) line.add(", paused");
    if (!note_.empty()) line.add(", ").add(note_, colours_.yellow);
    return std::move(line).text();
  }

  std::FILE* out_;
  const Definition& definition_;
  const std::string name_;
  const Palette colours_;
  const SystemClock clock_;
  // Of the main thread.
  double progress_ = 0;                            // as of the latest refresh, and
  std::chrono::microseconds progressed_after_{0};  // how long after the start it came to be so
  std::size_t lines_ = 0;                          // of the frame on the screen
  Mutex mutex_;
  std::map<std::string, Shown> shown_ PAWL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> early_lines_
      PAWL_GUARDED_BY(mutex_);  // that tasks wrote before their start was durable, and so told
  std::string note_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<View> make_live_view(std::FILE* out, const Definition& definition) {
  return std::make_unique<LiveView>(out, definition);
}

}  // namespace pawl::cli
