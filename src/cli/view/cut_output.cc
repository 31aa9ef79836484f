#include "cli/view/cut_output.h"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace pawl::cli {

std::string describe_cut(const JsonText& result) {
  // Results that are anything else are not worth parsing.
  if (!result.view().starts_with(R"({"exit_code":)") || !result.view().contains("_dropped\":")) return {};
  const Json json = result.parse();
  if (!json.is_object()) return {};
  std::string out;
  for (const std::string_view stream : {"stdout", "stderr"}) {
    const Json* const kept = json.get_object().if_contains(stream);
    const Json* const dropped = json.get_object().if_contains(fmt::format("{}_dropped", stream));
    if (kept == nullptr || dropped == nullptr || !kept->is_string() || !dropped->is_int64()) continue;
    const auto bytes = static_cast<std::int64_t>(kept->get_string().size());
    out += fmt::format("{}{} cut: the last {} of {} bytes are kept", out.empty() ? "" : "; ", stream, bytes,
                       bytes + dropped->get_int64());
  }
  return out;
}

}  // namespace pawl::cli
