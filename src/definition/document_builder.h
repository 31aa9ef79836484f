// Grows the tree of a Document node by node, in document order, and refuses what no format may bring: more nodes or
// deeper nesting than the limits allow, keys that are no strings, duplicate keys, texts with NUL.
//
// Every verb's `at` is the node's position where the document stores positions (YAML); for JSON it is found in the
// text. Errors: `invalid_argument` and `limit_exceeded`, with line and column. After an error the builder is of no more
// use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "definition/document.h"
#include "definition/document_scalar.h"

namespace pawl::definition {

[[nodiscard]] inline Error error_at(Position at, ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message), .field = {}, .line = at.line, .column = at.column};
}

class DocumentBuilder {
 public:
  using Positions = Document::Positions;
  // What the node to be added next will be to the node it stands in.
  enum class Role : std::uint8_t { root, element, key, value };

  DocumentBuilder(std::string_view text, Positions positions, const DocumentLimits& limits);

  Result<void> add(const Scalar& scalar, Position at = {});
  // A number, boolean or null that stands in the text as `written`. `is_kept`: it is what is written.
  Result<void> add_written(const Scalar& scalar, std::string_view written, bool is_kept, Position at = {});
  // A string that a user wrote: add(), but refuses NUL.
  Result<void> add_text(std::string_view text, Position at = {});
  // Opens an array or object; what is added until the matching end() is inside.
  Result<void> begin(NodeKind kind, Position at = {});
  Result<void> end();
  // Adds a copy of the subtree at `source`.
  Result<void> add_alias(std::uint32_t source, Position at);
  // The error that says why the node to be added next cannot be.
  [[nodiscard]] std::unexpected<Error> refuse(ErrorCode code, std::string message, Position at = {}) const;

  [[nodiscard]] Role role() const { return open_.empty() ? Role::root : open_.back().next; }
  // The index that the node to be added next will have.
  [[nodiscard]] std::uint32_t next_index() const { return static_cast<std::uint32_t>(document_.items_.size()); }

  // Where the innermost array or object stands that is open.
  [[nodiscard]] Position open_position() const {
    return open_.empty() ? Position{} : document_.position_at(open_.back().index);
  }

  Document finish() &&;

 private:
  using Item = Document::Item;
  struct Open {
    std::uint32_t index;
    Role next;
  };
  using HashedKey = std::pair<std::size_t, std::uint32_t>;  // of a key's text, and its node

  Result<void> admit(NodeKind kind, Position at);
  [[nodiscard]] static Item item(NodeKind kind, Position at, Item::Value value);
  [[nodiscard]] Item::Place place(std::string_view string);
  Result<void> append_copies(std::uint32_t source, std::uint32_t end, Position at);
  Result<void> check_keys(std::uint32_t object);
  [[nodiscard]] Result<void> check_few_keys(std::uint32_t object) const;
  Result<void> check_many_keys(std::uint32_t object);
  [[nodiscard]] std::unexpected<Error> duplicate(std::uint32_t first, std::uint32_t second) const;

  Document document_;
  DocumentLimits limits_;
  std::vector<Open> open_;
  std::size_t alias_nodes_ = 0;
  std::vector<HashedKey> hashed_keys_;  // for check_many_keys, kept for its memory
};

}  // namespace pawl::definition
