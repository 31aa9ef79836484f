// What can be read of a workflow as JSON; docs/reference/report.md describes each document.
#include <functional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "pawl/orchestrator.h"
#include "pawl/persistence.h"
#include "pawl/policy.h"

#include "base/json_parse.h"
#include "base/json_write.h"
#include "base/text.h"
#include "base/time.h"

namespace pawl {
namespace {

// A document on its way to `write`, in pieces: short texts are collected, long values are passed on from where they
// lie.
class Pieces {
 public:
  using Write = std::function<bool(std::string_view piece)>;
  explicit Pieces(const Write& write) : write_(write) {}

  // To append to.
  [[nodiscard]] std::string& text() {
    if (text_.size() >= kPiece) flush();
    return text_;
  }
  void value(const JsonText& json) {
    const std::string_view value = json_or_problem(json);
    if (value.size() < kPiece) {
      text() += value;
      return;
    }
    flush();
    written_ = written_ && write_(value);
  }
  // Whether all of it was taken so far.
  [[nodiscard]] bool is_written() const { return written_; }
  bool finish() {
    flush();
    return written_;
  }

 private:
  static constexpr std::size_t kPiece = 4096;

  void flush() {
    written_ = written_ && (text_.empty() || write_(text_));
    text_.clear();
  }

  const Write& write_;
  std::string text_;
  bool written_ = true;
};

// What was stored before texts were checked may be no UTF-8.
void write_text(std::string& out, std::string_view name, std::string_view text) {
  out += fmt::format("\"{}\":", name);
  write_json_string(out, valid_utf8(std::string(text)));
  out += ',';
}

// What is empty where there is nothing to say.
void write_text_if_any(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) return write_text(out, name, text);
  out += fmt::format("\"{}\":null,", name);
}

void write_time(std::string& out, std::string_view name, std::optional<Timestamp> time) {
  out += time ? fmt::format("\"{}\":\"{}\",", name, format_time(*time)) : fmt::format("\"{}\":null,", name);
}

void write_duration(std::string& out, std::optional<Timestamp> from, std::optional<Timestamp> to) {
  if (from && to) {
    out += fmt::format("\"duration_ms\":{},", std::chrono::floor<std::chrono::milliseconds>(*to - *from).count());
  } else {
    out += "\"duration_ms\":null,";
  }
}

void write_task(Pieces& pieces, std::string_view id, const TaskReport& task) {
  std::string& out = pieces.text();
  write_json_string(out, id);
  out += fmt::format(":{{\"state\":\"{}\",\"attempt\":{},", to_string(task.state), task.attempt);
  write_time(out, "started_at", task.started_at);
  write_time(out, "completed_at", task.completed_at);
  write_duration(out, task.started_at, task.completed_at);
  if (task.earlier_completions > 0) out += fmt::format("\"earlier_completions\":{},", task.earlier_completions);
  out += "\"result\":";
  pieces.value(task.result);
  pieces.text() += ",\"error\":";
  pieces.value(task.error);
  pieces.text() += '}';
}

void write_tasks(Pieces& pieces, std::string_view name, const Definition& definition, TaskIndex first,
                 const std::vector<TaskReport>& tasks) {
  pieces.text() += fmt::format(",\"{}\":{{", name);
  for (TaskIndex i = 0; i < tasks.size() && pieces.is_written(); ++i) {
    if (i > 0) pieces.text() += ',';
    write_task(pieces, definition.task_id(first + i), tasks[i]);
  }
  pieces.text() += '}';
}

// What every document of a workflow begins with.
void write_name(std::string& out, const WorkflowStatus& status) {
  write_text(out, "id", status.id);
  write_text(out, "name", status.name);
}

void write_state(std::string& out, const WorkflowStatus& status) {
  write_text(out, "state", to_string(status.state));
  write_text_if_any(out, "phase", status.phase == Phase::none ? std::string_view() : to_string(status.phase));
  write_text(out, "priority", to_string(status.priority));
}

void write_times_and_counts(std::string& out, const WorkflowStatus& status) {
  write_time(out, "created_at", status.created_at);
  write_time(out, "started_at", status.started_at);
  write_time(out, "completed_at", status.completed_at);
  write_duration(out, status.started_at, status.completed_at);
  out += "\"progress\":";
  write_json_number(out, status.progress);
  out += fmt::format(
      ",\"tasks_total\":{},\"tasks_completed\":{},\"tasks_failed\":{},\"tasks_skipped\":{},"
      "\"tasks_compensated\":{},\"compensation\":\"{}\"",
      status.tasks_total, status.tasks_completed, status.tasks_failed, status.tasks_skipped, status.tasks_compensated,
      to_string(status.compensation));
}

}  // namespace

bool write_json(const WorkflowReport& report, const std::function<bool(std::string_view piece)>& write) {
  Pieces pieces(write);
  pieces.text() += '{';
  write_name(pieces.text(), report.status);
  write_text(pieces.text(), "definition", report.definition->hash());
  write_state(pieces.text(), report.status);
  for (const auto& [name, value] :
       {std::pair("input", &report.input), std::pair("output", &report.output), std::pair("error", &report.error)}) {
    pieces.text() += fmt::format("\"{}\":", name);
    pieces.value(*value);
    pieces.text() += ',';
  }
  write_times_and_counts(pieces.text(), report.status);
  write_tasks(pieces, "tasks", *report.definition, 0, report.tasks);
  write_tasks(pieces, "compensations", *report.definition, report.definition->task_count(), report.compensations);
  pieces.text() += '}';
  return pieces.finish();
}

std::string to_json_text(const WorkflowReport& report) {
  // Measured first: a text of hundreds of megabytes that grows is held three times.
  std::size_t size = 0;
  const auto measure = [&](std::string_view piece) {
    size += piece.size();
    return true;
  };
  write_json(report, measure);
  std::string out;
  out.reserve(size);
  const auto append = [&](std::string_view piece) {
    out += piece;
    return true;
  };
  write_json(report, append);
  return out;
}

std::string to_json_text(const WorkflowStatus& status) {
  std::string out = "{";
  write_name(out, status);
  write_state(out, status);
  write_times_and_counts(out, status);
  return out + "}";
}

std::string to_json_text(const HistoryEvent& event) {
  const WorkflowEvent& happened = event.event;
  std::string out = fmt::format("{{\"number\":{},", event.number);
  write_text(out, "type", happened.type);
  write_time(out, "at", happened.at);
  write_text(out, "workflow", happened.workflow);
  write_text_if_any(out, "task", happened.task);
  out += happened.attempt == 0 ? "\"attempt\":null," : fmt::format("\"attempt\":{},", happened.attempt);
  out += fmt::format("\"result\":{},\"error\":{},", json_or_problem(happened.result), json_or_problem(happened.error));
  write_text_if_any(out, "text", happened.text);
  write_time(out, "due", happened.due == Timestamp() ? std::nullopt : std::optional(happened.due));
  if (happened.compensation) out += "\"compensation\":true,";
  if (!happened.by.empty()) write_text(out, "by", happened.by);
  if (happened.policy_version > 0) out += fmt::format("\"policy_version\":{},", happened.policy_version);
  out.back() = '}';
  return out;
}

std::string to_json_text(const DeadLetter& letter) {
  std::string out = "{";
  write_text(out, "workflow", letter.id.workflow);
  write_text(out, "task", letter.id.task);
  out += fmt::format("\"compensation\":{},", letter.id.compensation);
  write_text(out, "name", letter.name);
  write_time(out, "failed_at", letter.failed_at);
  out += fmt::format("\"attempts\":{},\"error\":{},", letter.attempts, json_or_problem(letter.error));
  if (letter.errors.empty()) {
    out.back() = '}';
    return out;
  }
  out += fmt::format("\"args\":{},\"errors\":[", json_or_problem(letter.args));
  for (const JsonText& error : letter.errors) out += fmt::format("{},", json_or_problem(error));
  out.back() = ']';
  return out + "}";
}

std::string to_json_text(const SnapshotInfo& snapshot) {
  std::string out = "{";
  write_text(out, "id", snapshot.id);
  write_text(out, "workflow", snapshot.workflow);
  write_time(out, "created_at", snapshot.created_at);
  write_text(out, "label", snapshot.label);
  out.back() = '}';
  return out;
}

}  // namespace pawl
