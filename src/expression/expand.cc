// Values with `${{ ... }}` places in their strings.
#include <string>
#include <utility>

#include <fmt/format.h>

#include "expression/allowance.h"
#include "expression/expression.h"

namespace pawl::expression {
namespace {

constexpr std::string_view kOpening = "${{";
constexpr std::string_view kClose = "}}";

std::unexpected<Error> at(const std::string& step, Error error) {
  error.field.insert(0, step);
  return std::unexpected(std::move(error));
}

// Inside a longer string a string stands as it is, null as nothing, and anything else as JSON.
std::string text_of(const Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  return value.is_null() ? std::string() : to_json_text(value);
}

class Expander {
 public:
  Expander(Evaluator& evaluator, Scope& scope, Work work) : evaluator_(evaluator), scope_(scope), work_(work) {}

  // As deep as the value, whose depth its parser has limited.
  // It stands inside `depth` arrays and objects.
  Result<Json> expand(const Json& value, std::size_t depth) {  // NOLINT(misc-no-recursion)
    if (value.is_array()) return array(value.get_array(), depth);
    if (value.is_object()) return object(value.get_object(), depth);
    if (value.is_string() && has_places(value.get_string())) return string(value.get_string(), depth);
    return value;
  }

 private:
  [[nodiscard]] std::unexpected<Error> too_large() const {
    return fail(ErrorCode::limit_exceeded, allowance_.refusal("the values of the ${{ }} places together are"));
  }

  Result<Json> array(const boost::json::array& elements, std::size_t depth) {  // NOLINT(misc-no-recursion)
    boost::json::array expanded;
    expanded.reserve(elements.size());
    for (const Json& element : elements) {
      Result<Json> value = expand(element, depth + 1);
      if (!value) return at(fmt::format("[{}]", expanded.size()), std::move(value.error()));
      expanded.push_back(*std::move(value));
    }
    return expanded;
  }

  Result<Json> object(const boost::json::object& members, std::size_t depth) {  // NOLINT(misc-no-recursion)
    boost::json::object expanded;
    expanded.reserve(members.size());
    for (const auto& member : members) {
      Result<Json> value = expand(member.value(), depth + 1);
      if (!value) return at(fmt::format(".{}", std::string_view(member.key())), std::move(value.error()));
      expanded.emplace(member.key(), *std::move(value));
    }
    return expanded;
  }

  Result<Json> string(std::string_view text, std::size_t depth) {
    const Result<std::vector<std::string_view>> places = find_places(text);
    if (!places) return std::unexpected(places.error());
    std::string out;
    std::size_t done = 0;
    for (const std::string_view place : *places) {
      const std::size_t open = text.find(kOpening, done);
      const auto end = static_cast<std::size_t>(place.data() - text.data()) + place.size();
      out += text.substr(done, open - done);
      done = text.find(kClose, end) + kClose.size();
      Result<Json> value = evaluator_.evaluate(place, scope_, work_);
      if (!value) return value;
      const bool is_whole = open == 0 && done == text.size();
      if (is_whole) {
        if (!allowance_.take(*value, depth)) return too_large();
        return value;
      }
      const std::string inserted = text_of(*value);
      if (!allowance_.take_bytes(inserted.size())) return too_large();
      out += inserted;
    }
    out += text.substr(done);
    return boost::json::string(out.data(), out.size());
  }

  Evaluator& evaluator_;
  Scope& scope_;
  Work work_;
  Allowance allowance_;
};

}  // namespace

Result<Json> Evaluator::expand(const Json& value, Scope& scope) {
  return Expander(*this, scope, {limits_.instructions_together}).expand(value, 0);
}

}  // namespace pawl::expression
