// What verbs print as JSON, where the library has no text of it: docs/reference/report.md describes each document.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pawl/compensation.h"
#include "pawl/json.h"
#include "pawl/policy.h"

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/view/view.h"

namespace pawl::cli {

[[nodiscard]] Json document_of(const PolicyInfo& policy);
[[nodiscard]] Json document_of(const PolicyAnswer& answer);
// These do not say themselves which policy they are about.
[[nodiscard]] Json document_of(const std::string& policy, const BreakerReport& breaker);
[[nodiscard]] Json document_of(const std::string& policy, const PolicyStats& stats);
[[nodiscard]] Json document_of(const SagaStatus& saga);
[[nodiscard]] Json document_of(const CompensationLogEntry& entry);

// What a verb has done: the document, or a sentence.
void print_done(bool json, const Json& document, const std::string& text);

// How the workflow is now: its list item, or "monday: paused".
inline constexpr const char* kStatusOutput = "human: its id and state; json: as an item of pawl list";
Result<int> print_status(Engine& engine, const Target& target);

// Prints an array with an item a line.
template <class Item>
void print_array(const std::vector<Item>& items) {
  put(stdout, "[");
  for (const Item& item : items) {
    if (&item != items.data()) put(stdout, ",\n");
    if constexpr (requires { document_of(item); }) {
      put(stdout, to_json_text(document_of(item)));
    } else {
      put(stdout, to_json_text(item));
    }
  }
  put(stdout, "]\n");
}

// A list that one more than `limit` was asked for, to know whether there are more.
struct Page {
  std::size_t limit = 0;
  bool json = false;
  std::string none;  // to say if it is empty
  std::string how;   // to see more
};

// Prints an array, or what `table` makes of the items.
template <class Item>
void print_page(std::vector<Item> found, const Page& page, std::string (*table)(const std::vector<Item>& items)) {
  const bool more = found.size() > page.limit;
  if (more) found.pop_back();
  if (page.json) {
    print_array(found);
  } else if (found.empty()) {
    note(page.none);
  } else {
    put(stdout, table(found));
  }
  if (more) note(fmt::format("there are more than these {}; see {}", page.limit, page.how));
}

}  // namespace pawl::cli
