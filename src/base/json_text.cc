#include "pawl/json_text.h"

#include <limits>

#include "base/assert.h"

namespace pawl {

JsonText JsonText::copy_of(std::string_view json) {
  JsonText text;
  if (json == "null") return text;
  PAWL_ASSERT(json.size() <= std::numeric_limits<std::uint32_t>::max(), "{} bytes of JSON", json.size());
  void* memory = ::operator new(sizeof(Block) + json.size());
  text.block_ = new (memory) Block{.references = 1, .size = static_cast<std::uint32_t>(json.size())};
  std::memcpy(static_cast<char*>(memory) + sizeof(Block), json.data(), json.size());
  return text;
}

JsonText JsonText::from(const Json& value) { return value.is_null() ? JsonText() : copy_of(to_json_text(value)); }

Json JsonText::parse() const {
  if (block_ == nullptr) return nullptr;
  Result<Json> value = parse_json(view());
  PAWL_ASSERT(value.has_value(), "stored JSON does not parse: {}", value.error().message);
  return *std::move(value);
}

}  // namespace pawl
