// Words of other workflow systems (Airflow, Argo, GitHub Actions, Dagu, Compose, make, Temporal, Conductor and their
// kin), and how the same is written in a definition. Those of expressions are in expression/foreign_names.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "definition/document.h"

namespace pawl::definition {

// Whose member a word is.
enum class KeyOf : std::uint8_t { workflow, task, compensation, retry_policy, timeout_policy, circuit_breaker };

struct ForeignWords {
  std::string_view words;   // separated by spaces; compared without regard to case, `-` and `_`
  std::string_view advice;  // "write `dependencies: [a, b]`", or that there is no such thing and what to do instead
};

[[nodiscard]] std::span<const ForeignWords> foreign_words(KeyOf what);
[[nodiscard]] std::span<const ForeignWords> foreign_policy_words(KeyOf what);  // of the three kinds of policy

// The advice about a key that a later version brings: how the same is done now. Empty: it cannot be.
[[nodiscard]] std::string_view advice_until_then(std::string_view key);

// The advice about an unknown key with this value, where that is about the value as well: `if: always()` is another
// thing than `if: input.x`.
[[nodiscard]] std::string_view advice_on(std::string_view key, KeyOf what, Node value);

// The advice about an unknown key; empty if no other system is known to have it.
[[nodiscard]] std::string_view advice_on(std::string_view key, KeyOf what);

// What stands behind "must be ..., not ..." where a value has the shape that another system gives to this key: how it
// is written here, or nothing.
[[nodiscard]] std::string advice_on_shape(std::string_view key, Node value);

}  // namespace pawl::definition
