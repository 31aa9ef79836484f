#include "cli/view/output_lines.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/view/view.h"

namespace pawl::cli {
namespace {

// What is copied of a text, and of the members of a value within the output: more than a line can show.
constexpr std::size_t kTextColumns = 1000;
constexpr std::size_t kMembersCopied = kMostOutputLines;
// Values that are copied in all: nested ones would be members to the power of their depth.
constexpr std::size_t kValuesCopied = 2000;

// The beginnings of a value: at most so much of it as a screen can show.
class Shortener {
 public:
  Json shortened(const Json& value) {
    if (++copied_ > kValuesCopied) return left_out("...");
    if (value.is_string()) {
      std::string text = shorten(value.get_string(), kTextColumns);
      is_cut_ |= text.size() < value.get_string().size();
      return Json(text);
    }
    if (value.is_array()) return of_array(value.get_array());
    if (value.is_object()) return of_object(value.get_object());
    return value;
  }

  [[nodiscard]] bool is_cut() const { return is_cut_; }

 private:
  Json left_out(std::string_view mark) {
    is_cut_ = true;
    return Json(mark);
  }

  Json of_array(const boost::json::array& array) {
    boost::json::array some;
    for (std::size_t i = 0; i < std::min(array.size(), kMembersCopied); ++i) some.push_back(shortened(array[i]));
    if (array.size() > kMembersCopied)
      some.push_back(left_out(fmt::format("... and {} more", array.size() - kMembersCopied)));
    return some;
  }

  Json of_object(const boost::json::object& object) {
    boost::json::object some;
    for (const auto& [key, value] : object) {
      if (some.size() == kMembersCopied) {
        some["..."] = left_out(fmt::format("and {} more", object.size() - kMembersCopied));
        break;
      }
      some[shorten(key, kTextColumns)] = shortened(value);
    }
    return some;
  }

  std::size_t copied_ = 0;
  bool is_cut_ = false;
};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A line for each member or element: `  "rows": [1,2]`.
std::vector<std::string> member_lines(const Json& value) {
  std::vector<std::string> lines;
  const bool is_object = value.is_object();
  const std::size_t count = is_object ? value.get_object().size() : value.get_array().size();
  constexpr std::size_t kMost = kMostOutputLines - 3;  // beside the brackets, and what says that there is more
  lines.emplace_back(is_object ? "{" : "[");
  const auto add = [&](std::string_view key, const Json& member) {
    if (lines.size() > kMost) return;
    std::string text = to_json_text(Shortener().shortened(member));
    lines.push_back(is_object ? fmt::format("  {}: {}", to_json_text(Json(key)), text) : fmt::format("  {}", text));
  };
  if (is_object) {
    for (const auto& [key, member] : value.get_object()) add(key, member);
  } else {
    for (const Json& element : value.get_array()) add({}, element);
  }
  if (count > kMost) lines.push_back(fmt::format("  ... and {} more", count - kMost));
  lines.emplace_back(is_object ? "}" : "]");
  return lines;
}

}  // namespace

OutputLines output_lines(const Json& output, std::size_t columns, std::size_t first_columns) {
  Shortener shortener;
  std::vector<std::string> whole = split_lines(to_pretty_json(shortener.shortened(output)));
  OutputLines shown{.lines = {}, .is_cut = shortener.is_cut()};
  if (whole.size() > kMostOutputLines && output.is_structured()) {
    whole = member_lines(output);
    shown.is_cut |= whole.size() == kMostOutputLines;  // the line that says how many more there are
  }
  for (const std::string& text : whole) {
    const std::string line = printable(text);
    shown.lines.push_back(shorten(line, shown.lines.empty() ? first_columns : columns));
    shown.is_cut |= shown.lines.back().size() < line.size();
  }
  return shown;
}

}  // namespace pawl::cli
