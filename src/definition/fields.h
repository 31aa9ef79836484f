// Reading the members of one object of a document: every member has a reader, and one that has none is refused with the
// name that was probably meant.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pawl/types.h"

#include "definition/foreign_words.h"
#include "definition/problem.h"

namespace pawl::definition {

// Typed values. The path is that of the value itself.
Checked<std::string> read_string(Node node, const Path& path);
// The path of `part`, which stands in the `node` at `path`.
[[nodiscard]] Path path_of(Node node, Node part, Path path);
// Any value. Refuses numbers that no JSON value keeps, each at its place.
Checked<Json> read_json(Node node, const Path& path);
// What stands where a text is meant: a string, or a number or boolean without quotes as it is written (`0755`). It
// stays a number or boolean where JSON writes the same.
Checked<Json> read_text_value(Node node, const Path& path, std::string_view expected);
Checked<bool> read_boolean(Node node, const Path& path);
// "30s" or an integer of milliseconds, never negative; below 1,000 and not 0 it is refused (base/time.h).
Checked<Duration> read_duration(Node node, const Path& path);
Checked<double> read_number(Node node, const Path& path);
Checked<std::vector<std::string>> read_strings(Node node, const Path& path);

std::unexpected<Problem> wrong_type(Node node, const Path& path, std::string_view expected);

// What is said of an unknown key: how the word of another system is written here, or which known one was meant.
std::string what_to_write(std::string_view key, Node value, KeyOf whose, std::span<const std::string_view> known);

// The refusal of a member's value, with how it is written here if it has the shape that another system gives it.
Checked<void> with_advice(Checked<void> refused, std::string_view key, Node value, const Path& member);

// What a member of T's object means.
template <class T>
struct Field {
  std::string_view name;
  Checked<void> (*read)(T& into, Node value, const Path& path);
};

// All members are read, also behind one that is wrong.
template <class T>
Checked<void> read_fields(Node object, std::span<const Field<T>> fields, T& into, const Path& path,
                          std::string_view what, KeyOf whose) {
  if (object.kind() != NodeKind::object) return wrong_type(object, path, what);
  std::optional<Problem> found;
  for (const auto& [key, value] : object.members()) {
    Path member = path;
    member.emplace_back(std::string(key.string()));
    const Field<T>* field = nullptr;
    for (const Field<T>& candidate : fields)
      if (candidate.name == key.string()) field = &candidate;
    Checked<void> ok;
    if (field == nullptr) {
      std::vector<std::string_view> known;
      for (const Field<T>& candidate : fields) known.push_back(candidate.name);
      ok = wrong_key(std::move(member), "is not a known field" + what_to_write(key.string(), value, whose, known));
    } else if (ok = field->read(into, value, member); !ok) {
      ok = with_advice(std::move(ok), key.string(), value, member);
    }
    if (!ok && !collect(found, std::move(ok.error()))) break;
  }
  if (found) return std::unexpected(*std::move(found));
  return {};
}

}  // namespace pawl::definition
