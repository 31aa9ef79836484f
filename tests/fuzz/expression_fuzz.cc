// Whatever text comes, analysing and evaluating it ends, within its limits, with a value or a message.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/assert.h"
#include "expression/expression.h"

namespace {

class FixedScope final : public pawl::expression::Scope {
 public:
  const pawl::Json& input() override { return input_; }
  std::string_view workflow_id() override { return "w-1"; }
  std::string_view workflow_name() override { return "fuzz"; }
  std::uint32_t attempt() override { return 1; }
  std::optional<pawl::TaskState> task_state(std::string_view id) override {
    if (id != kTask) return std::nullopt;
    return pawl::TaskState::completed;
  }
  pawl::expression::TaskOutcome task_outcome(std::string_view) override {
    return {.result = &input_, .error = nullptr};
  }
  std::span<const std::string_view> visible_tasks() override { return {&kTask, 1}; }

 private:
  static constexpr std::string_view kTask = "a";

  pawl::Json input_ = *pawl::parse_json(R"({"n": 3, "list": [1, null, "x"], "s": "text"})");
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static pawl::expression::Evaluator evaluator({.instructions = 10'000, .memory_bytes = 1U << 20U});
  FixedScope scope;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pawl::expression::analyse(text);
  (void)pawl::expression::find_places(text);
  (void)pawl::expression::find_accesses(text);
  (void)pawl::expression::find_kind(text);
  const auto value = evaluator.evaluate(text, scope);
  PAWL_ASSERT(value.has_value() || !value.error().message.empty(), "an error without a message");
  (void)evaluator.expand(pawl::Json(boost::json::string(text.data(), text.size())), scope);
  return 0;
}
