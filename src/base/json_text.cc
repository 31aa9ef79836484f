#include "pawl/json_text.h"

#include <fmt/format.h>

#include "base/json_depth.h"
#include "base/json_parse.h"

namespace pawl {
namespace {

// What stands for a stored text that is not JSON.
constexpr std::string_view kProblem =
    R"({"code":"corruption","message":"what is stored here is not valid JSON; pawl doctor says where"})";

}  // namespace

JsonText JsonText::copy_of(std::string_view json) {
  JsonText text;
  if (json == "null") return text;
  void* memory = ::operator new(sizeof(Block) + json.size());
  text.block_ = new (memory) Block{.references = 1, .size = json.size()};
  std::memcpy(static_cast<char*>(memory) + sizeof(Block), json.data(), json.size());
  return text;
}

JsonText JsonText::from(const Json& value) { return value.is_null() ? JsonText() : copy_of(to_json_text(value)); }

Json JsonText::parse() const {
  Result<Json> value = try_parse();
  return value ? *std::move(value) : *parse_json(kProblem);
}

Result<Json> JsonText::try_parse() const {
  if (block_ == nullptr) return nullptr;
  Result<Json> value = parse_json(view(), kStoredDepth);
  if (!value) return fail(ErrorCode::corruption, fmt::format("stored JSON does not parse: {}", value.error().message));
  return value;
}

std::string_view json_or_problem(const JsonText& text) {
  return text.is_null() || is_stored_json(text.view()) ? text.view() : kProblem;
}

}  // namespace pawl
