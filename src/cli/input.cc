#include "cli/input.h"

#include "base/file.h"

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

Result<Json> parse(const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(ErrorCode::invalid_argument, "is empty; it must be a JSON object");
  Result<Json> input = parse_json(text);
  if (input && !input->is_object()) return fail(ErrorCode::invalid_argument, "must be a JSON object");
  return input;
}

}  // namespace

Result<Json> read_input(const std::string& text) {
  if (!text.starts_with('@')) return parse(text);
  const std::string path = text.substr(1);
  const Result<std::string> content = read_text(path);
  if (!content) return std::unexpected(content.error());
  Result<Json> input = parse(*content);
  if (!input && input.error().line != 0) {
    // The position is one in the file, not in the option.
    Error placed = input.error();
    placed.message = describe(placed, path);
    placed.line = placed.column = 0;
    return std::unexpected(std::move(placed));
  }
  if (!input) input.error().field = path;
  return input;
}

}  // namespace pawl::cli
