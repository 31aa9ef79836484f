#include "definition/document.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/assert.h"
#include "definition/document_builder.h"
#include "definition/json_document.h"
#include "definition/yaml_document.h"

namespace pawl::definition {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Offsets of strings are 32 bits, and what YAML's escapes expand to must fit beside the text.
constexpr std::size_t kMaxBytes = std::size_t{1} << 30U;

// UTF-16 and UTF-32 begin with a byte order mark, or else with a NUL beside the ASCII character that every document
// opens with.
bool looks_like_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") || text.substr(0, 2).contains('\0');
}

// What no text may contain, whatever its format. Returns the text without its byte order mark, which is in no column.
Result<std::string_view> check_text(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return fail(ErrorCode::limit_exceeded,
                fmt::format("the document has {} bytes; the limit is {}", text.size(), max_bytes));
  }
  const auto invalid = [&](std::size_t offset, std::string message) {
    return std::unexpected(error_at(line_and_column(text, offset), ErrorCode::invalid_argument, std::move(message)));
  };
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (looks_like_utf16(text)) return invalid(0, "the document looks like UTF-16; save it as UTF-8");
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return invalid(nul, "a NUL byte: is this a text file?");
  }
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    return invalid(bad, fmt::format("the byte 0x{:02X} is not valid UTF-8 here; save the document as UTF-8",
                                    static_cast<unsigned char>(text[bad])));
  }
  return text;
}

}  // namespace

Result<Document> Document::parse(std::string_view text, Format format, const DocumentLimits& limits) {
  const Result<std::string_view> checked = check_text(text, std::min(limits.max_bytes, kMaxBytes));
  if (!checked) return std::unexpected(checked.error());
  DocumentLimits bounded = limits;
  if (format == Format::yaml) bounded.max_depth = std::min(limits.max_depth, kMaxYamlDepth);
  DocumentBuilder builder(*checked, format == Format::yaml ? Positions::in_items : Positions::in_text, bounded);
  Result<void> read = format == Format::yaml ? read_yaml(*checked, builder) : read_json(*checked, builder);
  if (!read) return std::unexpected(std::move(read).error());
  return std::move(builder).finish();
}

Document Document::from_json(const Json& value) {
  constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  DocumentBuilder builder({}, Positions::none, {.max_nodes = kUnlimited, .max_depth = kUnlimited});
  add_json(value, builder);
  return std::move(builder).finish();
}

std::string_view Document::text_of(Item::Place place) const {
  const auto [offset, length] = place;
  return offset < text_.size() ? text_.substr(offset, length)
                               : std::string_view(arena_).substr(offset - text_.size(), length);
}

Position Document::position_at(std::uint32_t index) const {
  switch (positions_) {
    case Positions::none:
      break;
    case Positions::in_items:
      return {.line = items_[index].line, .column = items_[index].column};
    case Positions::in_text:
      return json_position(text_, index);
  }
  return {.line = 0, .column = 0};
}

Json Document::scalar_at(std::uint32_t index) const {
  const Item& item = items_[index];
  switch (item.kind) {
    case NodeKind::null:
      break;
    case NodeKind::boolean:
      return item.value.boolean;
    case NodeKind::integer:
      return item.value.integer;
    case NodeKind::unsigned_integer:
      return item.value.unsigned_integer;
    case NodeKind::number:
      return item.value.number;
    case NodeKind::string:
      return Json(string_at(index));
    case NodeKind::array:
      return boost::json::array();
    case NodeKind::object:
      return boost::json::object();
  }
  return nullptr;
}

NodeKind Node::kind() const { return document_->items_[index_].kind; }

bool Node::boolean() const {
  PAWL_ASSERT(kind() == NodeKind::boolean, "node {} is {}", index_, describe_kind(kind()));
  return document_->items_[index_].value.boolean;
}

std::int64_t Node::integer() const {
  PAWL_ASSERT(kind() == NodeKind::integer, "node {} is {}", index_, describe_kind(kind()));
  return document_->items_[index_].value.integer;
}

double Node::number() const {
  const Document::Item::Value& value = document_->items_[index_].value;
  if (kind() == NodeKind::integer) return static_cast<double>(value.integer);
  if (kind() == NodeKind::unsigned_integer) return static_cast<double>(value.unsigned_integer);
  PAWL_ASSERT(kind() == NodeKind::number, "node {} is {}", index_, describe_kind(kind()));
  return value.number;
}

std::string_view Node::string() const {
  PAWL_ASSERT(kind() == NodeKind::string, "node {} is {}", index_, describe_kind(kind()));
  return document_->string_at(index_);
}

std::size_t Node::size() const {
  PAWL_ASSERT(kind() >= NodeKind::array, "node {} is {}", index_, describe_kind(kind()));
  return document_->items_[index_].value.subtree.count;
}

Node::Elements Node::elements() const {
  PAWL_ASSERT(kind() == NodeKind::array, "node {} is {}", index_, describe_kind(kind()));
  return {*document_, index_ + 1, document_->after(index_)};
}

Node::Members Node::members() const {
  PAWL_ASSERT(kind() == NodeKind::object, "node {} is {}", index_, describe_kind(kind()));
  return {*document_, index_ + 1, document_->after(index_)};
}

Position Node::position() const { return document_->position_at(index_); }

Json Node::to_json() const {
  struct Open {
    Json* container;  // stays in place: nothing is added to what it stands in before it is complete
    std::uint32_t end;
  };
  Json root;
  std::vector<Open> open;
  const std::uint32_t end = document_->after(index_);
  for (std::uint32_t i = index_; i < end; ++i) {
    while (!open.empty() && open.back().end == i) open.pop_back();
    Json* slot = &root;
    if (!open.empty()) {
      if (auto* array = open.back().container->if_array()) {
        slot = &array->emplace_back(nullptr);
      } else {
        const std::string_view key = document_->string_at(i++);
        slot = &open.back().container->get_object().emplace(key, nullptr).first->value();
      }
    }
    *slot = document_->scalar_at(i);
    const Document::Item& item = document_->items_[i];
    if (!item.has_children()) continue;
    const auto [count, subtree_end] = item.value.subtree;
    if (auto* array = slot->if_array()) {
      array->reserve(count);
    } else {
      slot->get_object().reserve(count);
    }
    open.push_back({.container = slot, .end = subtree_end});
  }
  return root;
}

std::string Node::written() const {
  PAWL_ASSERT(kind() < NodeKind::array, "node {} is {}", index_, describe_kind(kind()));
  if (kind() == NodeKind::string) return std::string(string());
  const auto spelling = document_->first_spelling(index_);
  const bool is_spelled = spelling != document_->spellings_.end() && spelling->index == index_;
  return is_spelled ? std::string(document_->text_of(spelling->place)) : to_json_text(to_json());
}

bool Node::contains(Node part) const { return part.index_ >= index_ && part.index_ < document_->after(index_); }

std::optional<Node> Node::find_unkept() const {
  const std::uint32_t end = document_->after(index_);
  for (auto at = document_->first_spelling(index_); at != document_->spellings_.end() && at->index < end; ++at)
    if (!at->is_kept) return Node(*document_, at->index);
  return std::nullopt;
}

std::vector<Node> Node::respelled() const {
  std::vector<Node> nodes;
  const std::uint32_t end = document_->after(index_);
  for (auto at = document_->first_spelling(index_); at != document_->spellings_.end() && at->index < end; ++at)
    if (at->is_kept) nodes.push_back(Node(*document_, at->index));
  return nodes;
}

std::string_view describe_kind(NodeKind kind) {
  switch (kind) {
    case NodeKind::null:
      return "null";
    case NodeKind::boolean:
      return "a boolean";
    case NodeKind::integer:
    case NodeKind::unsigned_integer:
      return "an integer";
    case NodeKind::number:
      return "a number";
    case NodeKind::string:
      return "a string";
    case NodeKind::array:
      return "an array";
    case NodeKind::object:
      break;
  }
  return "an object";
}

Format guess_format(std::string_view file_name, std::string_view text) {
  if (file_name.ends_with(".json")) return Format::json;
  if (file_name.ends_with(".yaml") || file_name.ends_with(".yml")) return Format::yaml;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' ? Format::json : Format::yaml;
}

}  // namespace pawl::definition
