#include "cli/input.h"

#include <fmt/format.h>

#include "base/file.h"
#include "cli/open_data_dir.h"

namespace pawl::cli {
namespace {

// Room for an object of the greatest size, and for much white space.
constexpr std::size_t kMaxBytes = std::size_t{16} << 20U;

Result<std::string> read_text(const std::string& path) {
  if (path.empty()) return fail(ErrorCode::invalid_argument, "after @ the name of a file is missing, or - for stdin");
  Result<std::string> text = read_file(path == "-" ? "/dev/stdin" : path, kMaxBytes, "an input");
  if (!text) text.error().field = path;
  return text;
}

// What was meant by a text that is no JSON.
std::string meant_by(std::string_view text) {
  if (text.ends_with(".json")) return fmt::format("; write @{} for the content of that file", text);
  if (text.ends_with(".yaml") || text.ends_with(".yml"))
    return "; it is a JSON object, or @FILE with one; YAML is not read";
  const bool is_assignment = text.contains('=') && text.find_first_of("{[\"' \n") > text.find('=');
  if (is_assignment) return fmt::format("; write {}", shell_word(input_of_assignment(text)));
  return R"(; names and texts of JSON stand in double quotes: '{"who": "world"}')";
}

Result<Json> parse(const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(ErrorCode::invalid_argument, "is empty; it must be a JSON object");
  Result<Json> input = parse_json(text);
  if (input && !input->is_object()) return fail(ErrorCode::invalid_argument, "must be a JSON object");
  return input;
}

}  // namespace

std::string input_of_assignment(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string_view text = assignment.substr(equals + 1);
  const Result<Json> value = parse_json(text);
  const bool is_word = value && !value->is_string() && (value->is_structured() || to_json_text(*value) == text);
  return to_json_text(boost::json::object{{assignment.substr(0, equals), is_word ? *value : Json(text)}});
}

Result<Json> read_input(const std::string& text) {
  if (!text.starts_with('@')) {
    Result<Json> input = parse(text);
    if (!input && input.error().message.ends_with("syntax error")) input.error().message += meant_by(text);
    return input;
  }
  const std::string path = text.substr(1);
  const Result<std::string> content = read_text(path);
  if (!content) return std::unexpected(content.error());
  Result<Json> input = parse(*content);
  if (!input && input.error().line != 0) {
    // The position is one in the file, not in the option.
    Error placed = input.error();
    if (path.ends_with(".yaml") || path.ends_with(".yml")) placed.message += "; it must be JSON, and YAML is not read";
    placed.message = describe(placed, path);
    placed.line = placed.column = 0;
    return std::unexpected(std::move(placed));
  }
  if (!input) input.error().field = path;
  return input;
}

}  // namespace pawl::cli
