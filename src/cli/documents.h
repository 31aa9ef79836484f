// What verbs print as JSON, where the library has no text of it: docs/reference/report.md describes each document.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "pawl/compensation.h"
#include "pawl/json.h"
#include "pawl/policy.h"

#include "cli/view.h"

namespace pawl::cli {

[[nodiscard]] Json document_of(const PolicyInfo& policy);
[[nodiscard]] Json document_of(const PolicyAnswer& answer);
// These do not say themselves which policy they are about.
[[nodiscard]] Json document_of(const std::string& policy, const BreakerReport& breaker);
[[nodiscard]] Json document_of(const std::string& policy, const PolicyStats& stats);
[[nodiscard]] Json document_of(const SagaStatus& saga);
[[nodiscard]] Json document_of(const CompensationLogEntry& entry);

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

}  // namespace pawl::cli
