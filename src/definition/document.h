// A YAML or JSON text as a tree with positions: what the definition reader walks.
//
// The tree is flat: nodes stand in document order in one array, so that a document of a million tasks is a few large blocks
// of memory and is walked without recursion. YAML is read through yaml-cpp's parser events, JSON through Boost.JSON's.
// YAML follows the 1.2 core schema: `yes` and `no` are strings; merge keys (`<<`) are refused.
//
// Refused, with line and column: what does not parse, a duplicate key, a key that is no string (YAML scalars such as 1 or
// true used as keys count as strings), invalid UTF-8, NUL bytes, more than one document, an empty document, nesting deeper
// than `max_depth`, more nodes than `max_nodes` after aliases are expanded (a "YAML bomb"), an unknown tag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "pawl/json.h"
#include "pawl/result.h"

namespace pawl::definition {

enum class Format : std::uint8_t { yaml, json };

struct DocumentLimits {
  std::size_t max_bytes = 94'371'840;  // 90 MiB
  std::size_t max_nodes = 32'000'000;
  std::size_t max_depth = 100;
};

enum class NodeKind : std::uint8_t { null, boolean, integer, unsigned_integer, number, string, array, object };

class Document;

// One node of a Document; a cheap handle that is valid as long as its document.
class Node {
 public:
  [[nodiscard]] NodeKind kind() const;
  [[nodiscard]] bool is_null() const { return kind() == NodeKind::null; }
  [[nodiscard]] bool boolean() const;                // kind boolean
  [[nodiscard]] std::int64_t integer() const;        // kind integer (fits int64)
  [[nodiscard]] std::string_view string() const;     // kind string
  [[nodiscard]] std::size_t size() const;            // elements of an array, members of an object
  [[nodiscard]] Json to_json() const;                // the whole subtree
  // Where the node starts. Free for YAML, a scan of the text for JSON: ask only when there is an error to report.
  [[nodiscard]] Position position() const;

  // Iterates the elements of an array: `for (Node element : node.elements())`.
  class Elements;
  [[nodiscard]] Elements elements() const;
  // Iterates the members of an object in document order: `for (auto [key, value] : node.members())`; `key` is a Node of
  // kind string.
  struct Member;
  class Members;
  [[nodiscard]] Members members() const;

 private:
  friend class Document;
  Node(const Document& document, std::uint32_t index) : document_(&document), index_(index) {}
  const Document* document_;
  std::uint32_t index_;
};

class Document {
 public:
  // Parses `text`, which must outlive the document. Error: `invalid_argument` (with line and column) or `limit_exceeded`.
  static Result<Document> parse(std::string_view text, Format format, const DocumentLimits& limits = {});

  [[nodiscard]] Node root() const;

  // For callers with a value instead of a text (the library API): the same tree without positions.
  static Document from_json(const Json& value);
};

// The word for a node's kind in messages: "a string", "an object", ...
[[nodiscard]] std::string_view describe_kind(NodeKind kind);

// JSON if the first character that is no white space is `{`, else YAML... unless `file_name` ends in .json, .yaml or .yml.
[[nodiscard]] Format guess_format(std::string_view file_name, std::string_view text);

}  // namespace pawl::definition
