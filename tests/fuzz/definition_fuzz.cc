// Whatever bytes come, reading them as a definition either refuses them with a message or gives a definition that reads
// back from its canonical form with the same hash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pawl/definition.h"

#include "base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"x.yaml", "x.json"}) {
    const auto definition = pawl::read_definition(text, name);
    if (!definition) {
      PAWL_ASSERT(!definition.error().message.empty(), "an error without a message");
      continue;
    }
    const auto again = pawl::read_definition(pawl::to_canonical_json(**definition), "x.json");
    PAWL_ASSERT(again.has_value(), "the canonical form is refused: {}", pawl::describe(again.error()));
    PAWL_ASSERT((*again)->hash() == (*definition)->hash(), "the canonical form reads back differently");
  }
  return 0;
}
