#include "cli/definition_file.h"

#include "base/file.h"

namespace pawl::cli {

std::string shown_name(const std::string& file) { return is_standard_input(file) ? "standard input" : file; }

Result<std::string> read_argument(const std::string& file, std::size_t max_bytes, std::string_view what) {
  return read_file(is_standard_input(file) ? "/dev/stdin" : file, max_bytes, what);
}

Result<DefinitionPtr> read_definition_argument(const std::string& file, const DefinitionChecks& checks) {
  if (!is_standard_input(file)) return read_definition_file(file, checks);
  const Result<std::string> text = read_argument(file, checks.limits.file_bytes, "a definition");
  if (!text) return std::unexpected(text.error());
  return read_definition(*text, {}, checks);
}

}  // namespace pawl::cli
