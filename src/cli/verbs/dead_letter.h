// What the verbs under `pawl dead-letter` share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pawl/engine.h"

#include "cli/verb.h"

namespace pawl::cli {

// WORKFLOW, TASK and --compensation.
void add_letter(Verb& verb, DeadLetterId& id, bool required);

// Which letters, as options say it.
struct LetterFilter {
  std::string workflow;
  std::string name;
  std::string task;
  std::string code;
  std::optional<std::string> failed_before;
  std::uint64_t limit = 0;  // 0: the verb's default

  // Any of them but --limit.
  [[nodiscard]] bool is_given() const;
};
void add_filter(Verb& verb, LetterFilter& filter, const std::string& limit);
// Error: `invalid_argument`; its `field` is the option.
Result<DeadLetterFilter> read_filter(const LetterFilter& filter, std::size_t default_limit);

void add_redrive(Verb& dead_letter);

}  // namespace pawl::cli
