// A YAML or JSON text as a tree with positions: what the definition reader walks.
//
// The tree is flat: nodes stand in document order in one array, so that a document of a million tasks is a few large
// blocks of memory and is walked without recursion. YAML is read through yaml-cpp's parser events, JSON through
// Boost.JSON's. YAML follows the 1.2 core schema: `yes` and `no` are strings; merge keys (`<<`) are refused. An alias
// stands for a copy of what its anchor names, at the position of the alias.
//
// Refused, with line and column: what does not parse, a duplicate key, a key that is no string (YAML scalars such as 1
// or true used as keys count as strings), invalid UTF-8, NUL bytes (escaped ones too), more than one document, an empty
// document, nesting deeper than `max_depth`, more nodes than `max_nodes` after aliases are expanded (a "YAML bomb"), an
// unknown tag. A number that no value holds is read all the same, for where a text is meant it is one; a reader that
// wants values refuses it.
//
// Threads: a parsed document may be read by any number of threads.
// Ownership: a document borrows its text; nodes and the strings they return borrow the document, which must stay in
// place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pawl/json.h"
#include "pawl/result.h"

#include "base/text.h"

namespace pawl::definition {

enum class Format : std::uint8_t { yaml, json };

// At most 1 GiB and 2^32 - 2 nodes, and for YAML a depth of 400, whatever is asked for.
struct DocumentLimits {
  std::size_t max_bytes = 94'371'840;  // 90 MiB
  std::size_t max_nodes = 32'000'000;
  std::size_t max_alias_nodes = 1'000'000;  // how many of the nodes may come from aliases
  std::size_t max_depth = 100;
};

enum class NodeKind : std::uint8_t { null, boolean, integer, unsigned_integer, number, string, array, object };

class Document;

// One node of a Document; a cheap handle that is valid as long as its document stays where it is.
class Node {
 public:
  [[nodiscard]] NodeKind kind() const;
  [[nodiscard]] bool is_null() const { return kind() == NodeKind::null; }
  [[nodiscard]] bool boolean() const;             // kind boolean
  [[nodiscard]] std::int64_t integer() const;     // kind integer (fits int64)
  [[nodiscard]] double number() const;            // kind integer, unsigned_integer or number
  [[nodiscard]] std::string_view string() const;  // kind string
  [[nodiscard]] std::size_t size() const;         // elements of an array, members of an object
  [[nodiscard]] Json to_json() const;             // the whole subtree; see find_unkept
  // The text of a scalar as it stands in the document: `0755`, `1.10`, `True`. A number, boolean or null of a document
  // made from a value is written as JSON has it.
  [[nodiscard]] std::string written() const;
  // The first number of the subtree that no JSON value keeps, such as 123456789012345678901234567890 or 1e400. To
  // to_json() and number() it is what is nearest; written() has its digits. Nothing: there is none.
  [[nodiscard]] std::optional<Node> find_unkept() const;
  // The scalars of the subtree that are kept, and that JSON writes in another way than they are written.
  [[nodiscard]] std::vector<Node> respelled() const;
  [[nodiscard]] bool is_kept() const { return !find_unkept(); }
  // Whether `part`, a node of the same document, is this node or stands in it.
  [[nodiscard]] bool contains(Node part) const;
  friend bool operator==(const Node& a, const Node& b) { return a.document_ == b.document_ && a.index_ == b.index_; }
  // Where the node starts. Free for YAML, a scan of the text for JSON: ask only when there is an error to report. A
  // value that YAML leaves out stands at its key. Line and column are 0 (unknown) in a document made from a value.
  [[nodiscard]] Position position() const;

  // Whether it stands in a document that was accepted before, see Document::mark_stored().
  [[nodiscard]] bool is_stored() const;

  struct Member;
  template <class T>
  class Children;

  // Iterates the elements of an array: `for (Node element : node.elements())`.
  using Elements = Children<Node>;
  [[nodiscard]] Elements elements() const;
  // Iterates the members of an object in document order: `for (auto [key, value] : node.members())`; `key` is a Node of
  // kind string.
  using Members = Children<Member>;
  [[nodiscard]] Members members() const;

 private:
  friend class Document;
  Node(const Document& document, std::uint32_t index) : document_(&document), index_(index) {}
  const Document* document_;
  std::uint32_t index_;
};

struct Node::Member {
  Node key;
  Node value;
};

class Document {
 public:
  // Parses `text`, which must outlive the document. Error: `invalid_argument` (with line and column) or
  // `limit_exceeded`.
  static Result<Document> parse(std::string_view text, Format format, const DocumentLimits& limits = {});

  // For callers with a value instead of a text (the library API): the same tree without positions. Copies the strings,
  // of which there must be less than 4 GiB.
  static Document from_json(const Json& value);

  Document(Document&&) noexcept = default;
  Document& operator=(Document&&) noexcept = default;

  [[nodiscard]] Node root() const { return {*this, 0}; }

  // It is what Pawl has accepted, and written, before: readers refuse no more of it than they did then.
  void mark_stored() { is_stored_ = true; }

 private:
  friend class Node;
  friend class DocumentBuilder;

  enum class Positions : std::uint8_t { none, in_items, in_text };

  // A node in 16 bytes: a document of a million tasks has ten million of them.
  struct Item {
    struct Subtree {
      std::uint32_t count;  // elements, or members
      std::uint32_t end;    // the index after the last descendant; 0 while the subtree is being built
    };
    struct Place {
      std::uint32_t offset;  // into the text, and beyond its end into the arena
      std::uint32_t length;
    };
    union Value {
      bool boolean;
      std::int64_t integer;
      std::uint64_t unsigned_integer;
      double number;
      Place place;      // string
      Subtree subtree;  // array, object
    };
    [[nodiscard]] bool has_children() const { return kind >= NodeKind::array; }

    NodeKind kind;
    std::uint32_t column : 24;  // with Positions::in_items; no line of a text worth reading is longer
    std::uint32_t line;
    Value value;
  };
  static_assert(sizeof(Item) == 16);

  Document() = default;

  // The index of the node that follows the one at `index` and all its descendants.
  [[nodiscard]] std::uint32_t after(std::uint32_t index) const {
    const Item& item = items_[index];
    return item.has_children() ? item.value.subtree.end : index + 1;
  }
  [[nodiscard]] std::string_view string_at(std::uint32_t index) const { return text_of(items_[index].value.place); }
  [[nodiscard]] std::string_view text_of(Item::Place place) const;
  [[nodiscard]] Position position_at(std::uint32_t index) const;
  [[nodiscard]] Json scalar_at(std::uint32_t index) const;

  // How a scalar is written, where that is not what JSON would write.
  struct Spelling {
    std::uint32_t index;
    Item::Place place;
    bool is_kept;
  };
  using Spellings = std::vector<Spelling>;
  // The first of a node that is not before `index`.
  [[nodiscard]] Spellings::const_iterator first_spelling(std::uint32_t index) const {
    return std::ranges::lower_bound(spellings_, index, {}, &Spelling::index);
  }

  std::string_view text_;  // without its byte order mark
  std::string arena_;      // strings that do not stand in the text as they are
  std::vector<Item> items_;
  Spellings spellings_;  // by index
  Positions positions_ = Positions::none;
  bool is_stored_ = false;
};

inline bool Node::is_stored() const { return document_->is_stored_; }

// A range of forward iterators over the elements (T = Node) or members (T = Member) of one node.
template <class T>
class Node::Children {
 public:
  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;  // its elements are made on the way
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    T operator*() const {
      if constexpr (kMembers) {
        return {.key = Node(*document_, index_), .value = Node(*document_, index_ + 1)};
      } else {
        return Node(*document_, index_);
      }
    }
    Iterator& operator++() {
      index_ = document_->after(kMembers ? index_ + 1 : index_);
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class Children;
    static constexpr bool kMembers = !std::is_same_v<T, Node>;  // then a key, always one node, precedes every value
    Iterator(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
    const Document* document_ = nullptr;
    std::uint32_t index_ = 0;
  };

  [[nodiscard]] Iterator begin() const { return {document_, first_}; }
  [[nodiscard]] Iterator end() const { return {document_, end_}; }

 private:
  friend class Node;
  Children(const Document& document, std::uint32_t first, std::uint32_t end)
      : document_(&document), first_(first), end_(end) {}
  const Document* document_;
  std::uint32_t first_;
  std::uint32_t end_;
};

// The word for a node's kind in messages: "a string", "an object", ...
[[nodiscard]] std::string_view describe_kind(NodeKind kind);

// JSON if the first character that is no white space is `{`, else YAML... unless `file_name` ends in .json, .yaml or
// .yml.
[[nodiscard]] Format guess_format(std::string_view file_name, std::string_view text);

}  // namespace pawl::definition
