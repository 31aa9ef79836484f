// What a person sees while `pawl run` works: plain lines on a pipe, a live view on a terminal.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "pawl/engine.h"

namespace pawl::cli {

class View {
 public:
  virtual ~View() = default;
  // The event types it wants to be told of.
  [[nodiscard]] virtual std::vector<std::string> types() const = 0;
  // From the engine's threads, one at a time or several at once.
  virtual void happened(const WorkflowEvent& event) = 0;
  // From the main thread, some ten times a second.
  virtual void refresh(const WorkflowStatus& status) = 0;
  // The last refresh has been; what is not to stay on the screen is removed.
  virtual void close() = 0;
};

// All types of events, what tasks write in blocks of lines.
inline std::vector<std::string> every_type() { return {"*", "task_lines"}; }

// Views look into the definition as long as they are told anything.
//
// One line for each thing that happens; for graphs of more than some thousand tasks, one for each tenth of the way.
std::unique_ptr<View> make_plain_view(std::FILE* out, const Definition& definition);

// Running tasks with their time and last line, a progress bar, counts, and the time that is left.
std::unique_ptr<View> make_live_view(std::FILE* out, const Definition& definition);

// What there is to say at the end: how it went, the slowest tasks, the critical path, failures with their standard
// error, and the output.
struct SummaryStyle {
  bool colour = false;
  std::size_t columns = 80;  // that a line of the output may take
};
SummaryStyle summary_style(std::FILE* out);
std::string summarise(const WorkflowReport& report, SummaryStyle style);

// Its first line: which workflow, how it is, and how many of its tasks are how.
std::string headline(const WorkflowStatus& status, bool colour);

// How many of its tasks have ended, however they did.
std::uint32_t ended_tasks(const WorkflowStatus& status);

// "1.2s", "3m05s", "250ms": for people, not for parsing.
std::string short_duration(std::chrono::microseconds duration);

// `text` as one line that cannot steer the terminal, whoever wrote it: escape sequences and control characters are left
// out, tabs and line ends become spaces, what is no UTF-8 becomes `?`. Everything that is shown and is not Pawl's own
// goes through this.
std::string printable(std::string_view text);
void append_printable(std::string& out, std::string_view text);

// The message of `{"code", "message", ...}`, printable; empty if there is none.
std::string message_of(const JsonText& error);

// The longest message that is shown, in columns; the report has all of it.
inline constexpr std::size_t kMessageColumns = 1000;

// How many columns of a terminal `text` takes, and as much of it as fits into so many.
std::size_t width_of(std::string_view text);
std::string_view cut(std::string_view text, std::size_t columns);

// `text`, which is printable, in at most so many columns: what is too much is left out in the middle.
std::string shorten(std::string_view text, std::size_t columns);

// Writes and flushes; false if that failed, which ferror() remembers.
bool put(std::FILE* out, std::string_view text);

// Colours, or nothing where there is no terminal.
struct Palette {
  std::string_view bold, dim, red, green, yellow, blue, reset;
};
Palette palette(bool colour);

}  // namespace pawl::cli
