#include "definition/document_builder.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "base/assert.h"

namespace pawl::definition {
namespace {

constexpr std::size_t kMaxIndex = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::uint32_t kMaxColumn = 0xFF'FFFF;

// Up to this many keys are compared each with each, which needs no memory and is faster than hashing.
constexpr std::size_t kFewKeys = 16;

// No text has more nodes than one every two bytes, and few come near. The pages of a reserve that is not used are never
// touched, while a vector that grows holds the old and the new block at once.
constexpr std::size_t kBytesPerReservedNode = 4;

// What JSON would write for what stands for itself, a string not included.
std::string json_text_of(const Scalar& scalar) {
  return std::visit(
      [](const auto& value) -> std::string {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::monostate>)
          return "null";
        else if constexpr (std::is_same_v<Value, std::string_view>)
          return std::string(value);
        else
          return to_json_text(value);
      },
      scalar);
}

}  // namespace

DocumentBuilder::DocumentBuilder(std::string_view text, Positions positions, const DocumentLimits& limits)
    : limits_(limits) {
  limits_.max_nodes = std::min(limits.max_nodes, kMaxIndex);
  document_.text_ = text;
  document_.positions_ = positions;
  document_.items_.reserve(std::min(limits_.max_nodes, text.size() / kBytesPerReservedNode));
}

Result<void> DocumentBuilder::add(const Scalar& scalar, Position at) {
  static_assert(std::variant_size_v<Scalar> == static_cast<std::size_t>(NodeKind::string) + 1);
  const auto kind = static_cast<NodeKind>(scalar.index());
  if (Result<void> admitted = admit(kind, at); !admitted) return admitted;
  Item::Value value = {};
  switch (kind) {
    case NodeKind::null:
      break;
    case NodeKind::boolean:
      value.boolean = std::get<bool>(scalar);
      break;
    case NodeKind::integer:
      value.integer = std::get<std::int64_t>(scalar);
      break;
    case NodeKind::unsigned_integer:
      value.unsigned_integer = std::get<std::uint64_t>(scalar);
      break;
    case NodeKind::number:
      value.number = std::get<double>(scalar);
      break;
    case NodeKind::string:
      value.place = place(std::get<std::string_view>(scalar));
      break;
    case NodeKind::array:
    case NodeKind::object:
      PAWL_ASSERT(false, "kind {} of a scalar", scalar.index());
  }
  document_.items_.push_back(item(kind, at, value));
  return {};
}

Result<void> DocumentBuilder::add_written(const Scalar& scalar, std::string_view written, bool is_kept, Position at) {
  const std::uint32_t index = next_index();
  if (Result<void> added = add(scalar, at); !added) return added;
  if (!is_kept || written != json_text_of(scalar))
    document_.spellings_.push_back({.index = index, .place = place(written), .is_kept = is_kept});
  return {};
}

Result<void> DocumentBuilder::add_text(std::string_view text, Position at) {
  if (text.contains('\0')) {
    return refuse(ErrorCode::invalid_argument,
                  fmt::format("the string {} contains the character U+0000, which is not accepted", in_quotes(text)),
                  at);
  }
  return add(text, at);
}

Result<void> DocumentBuilder::begin(NodeKind kind, Position at) {
  if (open_.size() >= limits_.max_depth) {
    return refuse(ErrorCode::limit_exceeded,
                  fmt::format("arrays and objects are nested deeper than {} levels, the limit", limits_.max_depth), at);
  }
  if (Result<void> admitted = admit(kind, at); !admitted) return admitted;
  open_.push_back({.index = next_index(), .next = kind == NodeKind::object ? Role::key : Role::element});
  Item::Value value = {};
  value.subtree = {.count = 0, .end = 0};
  document_.items_.push_back(item(kind, at, value));
  return {};
}

Result<void> DocumentBuilder::end() {
  PAWL_ASSERT(!open_.empty() && open_.back().next != Role::value, "{} open", open_.size());
  const std::uint32_t index = open_.back().index;
  open_.pop_back();
  Item& closed = document_.items_[index];
  closed.value.subtree.end = next_index();
  if (closed.kind == NodeKind::object) return check_keys(index);
  return {};
}

// Takes a node of `kind` into account where it is about to stand.
Result<void> DocumentBuilder::admit(NodeKind kind, Position at) {
  if (document_.items_.size() >= limits_.max_nodes) {
    return refuse(ErrorCode::limit_exceeded,
                  fmt::format("the document has more than {} nodes, the limit", limits_.max_nodes), at);
  }
  if (open_.empty()) {
    PAWL_ASSERT(document_.items_.empty(), "a second root");
    return {};
  }
  Open& parent = open_.back();
  switch (parent.next) {
    case Role::root:
      PAWL_ASSERT(false, "a root inside of node {}", parent.index);
    case Role::key:
      if (kind != NodeKind::string) {
        return refuse(ErrorCode::invalid_argument, fmt::format("a key must be a string, not {}", describe_kind(kind)),
                      at);
      }
      parent.next = Role::value;
      break;
    case Role::value:
      parent.next = Role::key;
      return {};  // its key was counted
    case Role::element:
      break;
  }
  ++document_.items_[parent.index].value.subtree.count;
  return {};
}

DocumentBuilder::Item DocumentBuilder::item(NodeKind kind, Position at, Item::Value value) {
  return {.kind = kind, .column = std::min(at.column, kMaxColumn) & kMaxColumn, .line = at.line, .value = value};
}

DocumentBuilder::Item::Place DocumentBuilder::place(std::string_view string) {
  const std::string_view text = document_.text_;
  const auto length = static_cast<std::uint32_t>(string.size());
  if (string.empty()) return {.offset = 0, .length = 0};
  // std::less compares pointers into different blocks, too.
  const std::less<> less;
  if (!less(string.data(), text.data()) && !less(text.data() + text.size(), string.data() + string.size())) {
    return {.offset = static_cast<std::uint32_t>(string.data() - text.data()), .length = length};
  }
  const std::size_t offset = text.size() + document_.arena_.size();
  PAWL_ASSERT(offset + string.size() <= std::numeric_limits<std::uint32_t>::max(), "strings of {} bytes",
              offset + string.size());
  document_.arena_ += string;
  return {.offset = static_cast<std::uint32_t>(offset), .length = length};
}

Result<void> DocumentBuilder::add_alias(std::uint32_t source, Position at) {
  const Item& original = document_.items_[source];
  if (original.has_children() && original.value.subtree.end == 0)
    return refuse(ErrorCode::invalid_argument, "an alias to a value that it is itself a part of", at);
  const std::uint32_t end = document_.after(source);
  const std::size_t size = end - source;
  alias_nodes_ += size;
  if (alias_nodes_ > limits_.max_alias_nodes) {
    return refuse(ErrorCode::limit_exceeded,
                  fmt::format("aliases expand to more than {} nodes, the limit", limits_.max_alias_nodes), at);
  }
  if (Result<void> admitted = admit(original.kind, at); !admitted) return admitted;
  if (size > limits_.max_nodes - document_.items_.size()) {
    return refuse(
        ErrorCode::limit_exceeded,
        fmt::format("with its aliases expanded the document has more than {} nodes, the limit", limits_.max_nodes), at);
  }
  return append_copies(source, end, at);
}

Result<void> DocumentBuilder::append_copies(std::uint32_t source, std::uint32_t end, Position at) {
  const std::uint32_t moved_by = next_index() - source;
  const auto first = document_.first_spelling(source) - document_.spellings_.cbegin();
  const auto last = document_.first_spelling(end) - document_.spellings_.cbegin();
  for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
    Document::Spelling spelling = document_.spellings_[i];
    spelling.index += moved_by;
    document_.spellings_.push_back(spelling);
  }
  std::vector<std::uint32_t> ends;  // of the subtrees that the node being copied is inside of
  for (std::uint32_t i = source; i < end; ++i) {
    while (!ends.empty() && ends.back() == i) ends.pop_back();
    Item copy = item(document_.items_[i].kind, at, document_.items_[i].value);
    if (copy.has_children()) {
      ends.push_back(copy.value.subtree.end);
      copy.value.subtree.end += moved_by;
      if (open_.size() + ends.size() > limits_.max_depth) {
        return refuse(ErrorCode::limit_exceeded,
                      fmt::format("with this alias, arrays and objects are nested deeper than {} levels, the limit",
                                  limits_.max_depth),
                      at);
      }
    }
    document_.items_.push_back(copy);
  }
  return {};
}

Result<void> DocumentBuilder::check_keys(std::uint32_t object) {
  return document_.items_[object].value.subtree.count <= kFewKeys ? check_few_keys(object) : check_many_keys(object);
}

Result<void> DocumentBuilder::check_few_keys(std::uint32_t object) const {
  std::array<std::uint32_t, kFewKeys> keys;  // NOLINT: only the first `count` are used
  std::size_t count = 0;
  for (std::uint32_t key = object + 1; key < next_index(); key = document_.after(key + 1)) {
    const std::string_view name = document_.string_at(key);
    for (std::size_t i = 0; i < count; ++i)
      if (document_.string_at(keys[i]) == name) return duplicate(keys[i], key);
    keys[count++] = key;
  }
  return {};
}

// Sorts the keys by hash, and by text where hashes are equal: whoever crafts keys with one hash gains nothing.
Result<void> DocumentBuilder::check_many_keys(std::uint32_t object) {
  hashed_keys_.clear();
  for (std::uint32_t key = object + 1; key < next_index(); key = document_.after(key + 1))
    hashed_keys_.emplace_back(std::hash<std::string_view>()(document_.string_at(key)), key);
  std::ranges::sort(hashed_keys_, [&](const HashedKey& a, const HashedKey& b) {
    if (a.first != b.first) return a.first < b.first;
    const int order = document_.string_at(a.second).compare(document_.string_at(b.second));
    return order != 0 ? order < 0 : a.second < b.second;
  });
  const auto same = [&](const HashedKey& a, const HashedKey& b) {
    return a.first == b.first && document_.string_at(a.second) == document_.string_at(b.second);
  };
  auto reported = hashed_keys_.end();  // of all duplicates the one whose second key comes first in the document
  for (auto at = std::ranges::adjacent_find(hashed_keys_, same); at != hashed_keys_.end();
       at = std::adjacent_find(at + 1, hashed_keys_.end(), same)) {
    if (reported == hashed_keys_.end() || (at + 1)->second < (reported + 1)->second) reported = at;
  }
  if (reported != hashed_keys_.end()) return duplicate(reported->second, (reported + 1)->second);
  return {};
}

std::unexpected<Error> DocumentBuilder::duplicate(std::uint32_t first, std::uint32_t second) const {
  return std::unexpected(
      error_at(document_.position_at(second), ErrorCode::invalid_argument,
               fmt::format("duplicate key {}: the first one is in line {}", in_quotes(document_.string_at(second)),
                           document_.position_at(first).line)));
}

std::unexpected<Error> DocumentBuilder::refuse(ErrorCode code, std::string message, Position at) const {
  if (document_.positions_ == Positions::in_text) at = document_.position_at(next_index());
  return std::unexpected(error_at(at, code, std::move(message)));
}

Document DocumentBuilder::finish() && {
  PAWL_ASSERT(open_.empty() && !document_.items_.empty(), "{} open, {} nodes", open_.size(), document_.items_.size());
  return std::move(document_);
}

}  // namespace pawl::definition
