// Warnings are what a definition says that is allowed and hardly meant: it reads what there is not, or waits for what
// cannot happen. Only what is known for sure, or is within a letter or two of a known name, counts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/definition.h"

#include "definition/problem.h"
#include "expression/expression.h"

namespace pawl::definition {

// No more are looked for.
inline constexpr std::size_t kMostWarnings = 100;

// Collects what the expressions of a definition read, and judges it when the whole definition is known.
class WarningFinder {
 public:
  // Of the expression of a task, or of the output or a compensation (`task`: nobody's).
  void note(std::string_view expression, std::optional<TaskIndex> task, const Path& path);
  // Of a text that a handler is given.
  void note_text(std::string_view text, const Path& path);
  // Of the retry policy of the task, or compensation, at `path`, whose handler is of this module.
  void note_retries(std::string_view module, const RetryPolicy& policy, const Path& path);
  // Of the condition of a task, noted as an expression already.
  void note_condition(std::string_view expression, const Path& path);
  // Of a command with its args: values that are pasted into a line for a shell, and words that are meant for another
  // program. `input`: the workflow's defaults.
  void note_command(std::string_view module, std::string_view function, const Json& args, const JsonText& input,
                    const Path& path);
  [[nodiscard]] std::vector<Problem> judge(const Definition& definition) const;

 private:
  // Of the args of a command, which stand at `path`.
  void note_words(const boost::json::array& words, const Path& path);
  void note_options(const boost::json::array& words, std::string_view function, const Path& path);
  void note_line(const boost::json::array& words, std::size_t place, bool is_line, const JsonText& input,
                 const Path& path);
  void add(std::optional<std::string> message, Path path);

  struct Noted {
    expression::Access access;
    std::optional<TaskIndex> task;
    Path path;
    bool is_condition = false;
  };

  std::vector<Noted> noted_;
  std::vector<Problem> found_;  // what needs no more of the definition to be known
};

}  // namespace pawl::definition
