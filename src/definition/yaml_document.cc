#include "definition/yaml_document.h"

#include <algorithm>
#include <istream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "definition/yaml_input.h"
#include "definition/yaml_quotes.h"
#include "definition/yaml_scalar.h"

namespace pawl::definition {
namespace {

using Role = DocumentBuilder::Role;

// Leaves yaml-cpp from inside of one of its events; caught in parse_events.
struct Refused {
  Error error;
};

constexpr std::uint32_t kNoNode = std::numeric_limits<std::uint32_t>::max();

// The word for null if it is what stands at the start of `text` in `role`; empty if null is not written out there, and
// what follows is something else: the next key, or a comma.
std::string_view written_null(std::string_view text, Role role) {
  for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
    if (!text.starts_with(word)) continue;
    std::string_view rest = text.substr(word.size());
    if (!rest.empty() && !std::string_view(" \t\r\n,]}:").contains(rest.front())) return {};
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    return role != Role::key && rest.starts_with(':') ? std::string_view() : word;
  }
  return {};
}

std::string open_quote(Position at) {
  return fmt::format(
      "the quote of line {} is not closed; a text in quotes that goes on in a next line is indented "
      "deeper there",
      at.line);
}

class YamlEvents final : public YAML::EventHandler {
 public:
  YamlEvents(YamlInput& input, DocumentBuilder& builder) : input_(input), builder_(builder) {}

  // Where the last event stood.
  [[nodiscard]] Position position() const { return position_; }
  // What `exception` complains about. yaml-cpp notices only at the end that a bracket is open, and gives no column
  // there.
  [[nodiscard]] Position position(const YAML::Exception& exception) const {
    if (exception.mark.is_null()) return position_;
    if (!input_.text_at(exception.mark).empty()) return input_.position(exception.mark);
    const bool open_bracket =
        exception.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW || exception.msg == YAML::ErrorMsg::END_OF_MAP_FLOW;
    return open_bracket ? builder_.open_position() : input_.end_position();
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    step(mark);
    if (documents_++ == 0) return;
    refuse(input_.text_at(mark).starts_with("---") ? "a second document begins; only one is accepted"
                                                   : "the document has ended before this");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    step(mark);
    const std::string_view word = written_null(input_.text_at(mark), builder_.role());
    if (word.empty()) return left_out(mark, anchor);
    if (builder_.role() == Role::key) return add(word, anchor);
    remember(anchor);
    must(builder_.add_written(std::monostate(), word, true, position_));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    step(mark);
    const std::uint32_t source = anchor < anchors_.size() ? anchors_[anchor] : kNoNode;
    if (source == kNoNode) refuse("an alias to an anchor without a value");
    must(builder_.add_alias(source, position_));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    step(mark);
    if (is_quote_left_open(input_.text_at(mark), indentation_.least())) refuse(open_quote(position_));
    const std::string_view text = find_in_text(mark, value);
    if (builder_.role() == Role::key && tag == "?") return plain_key(text, anchor);
    const auto scalar = resolve_yaml_scalar(tag, text);
    if (!scalar) refuse(scalar.error());
    if (std::holds_alternative<std::string_view>(scalar->value)) return add(scalar->value, anchor);
    remember(anchor);
    must(builder_.add_written(scalar->value, text, scalar->is_kept, position_));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    step(mark);
    indent(style);
    begin(NodeKind::array, fits_yaml_sequence(tag), tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    step(mark);
    indent(style);
    begin(NodeKind::object, fits_yaml_mapping(tag), tag, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  void step(const YAML::Mark& mark) {
    proceed();
    position_ = input_.position(mark);
    if (builder_.role() == Role::key) key_position_ = position_;
  }

  // After the input has run dry, yaml-cpp makes events of a text that is cut short; read_yaml says what is wrong with
  // it.
  void proceed() {
    if (input_.ran_dry()) throw Refused();
    input_.progress();
  }

  void begin(NodeKind kind, bool tag_fits, std::string_view tag, YAML::anchor_t anchor) {
    if (!tag_fits) refuse(fmt::format("the tag {} does not fit {}", show_yaml_tag(tag), describe_kind(kind)));
    // yaml-cpp takes what an unclosed bracket leaves open for a key.
    if (builder_.role() == Role::key)
      refuse(fmt::format("a key must be a string, not {} (or is a bracket left open?)", describe_kind(kind)));
    remember(anchor);
    must(builder_.begin(kind, position_));
  }

  void indent(YAML::EmitterStyle::value style) {
    if (style == YAML::EmitterStyle::Block) {
      indentation_.begin_block(position_.column);
    } else {
      indentation_.begin_flow();
    }
  }

  void end() {
    proceed();
    indentation_.end();
    must(builder_.end());
  }

  // A null that is not written, whose mark is only that of the next token.
  void left_out(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const std::string_view next = input_.text_at(mark);
    switch (builder_.role()) {
      case Role::root:
        if (next.empty() || next.starts_with("...")) refuse("the document is empty");
        if (next.starts_with('!')) refuse("a tag without a value");
        break;
      case Role::key:
        refuse("a key is missing");
        break;
      case Role::value:
        position_ = key_position_;
        break;
      case Role::element:
        if (next.starts_with(',')) refuse("a value is missing before this comma");
        break;
    }
    add(std::monostate(), anchor);
  }

  // 1 and true are keys as they are written.
  void plain_key(std::string_view text, YAML::anchor_t anchor) {
    if (text == "<<")
      refuse("the merge key << is not supported; write the members out, or quote it if it is a plain key");
    add(text, anchor);
  }

  // The same bytes where they stand in the text, if they do, to be kept without a copy.
  [[nodiscard]] std::string_view find_in_text(const YAML::Mark& mark, std::string_view value) const {
    std::string_view text = input_.text_at(mark);
    if (text.starts_with('"') || text.starts_with('\'')) text.remove_prefix(1);
    return text.starts_with(value) ? text.substr(0, value.size()) : value;
  }

  void add(const Scalar& scalar, YAML::anchor_t anchor) {
    remember(anchor);
    const auto* text = std::get_if<std::string_view>(&scalar);
    must(text != nullptr ? builder_.add_text(*text, position_) : builder_.add(scalar, position_));
  }

  // Anchors are numbered from 1 as they come; 0 is none.
  void remember(YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    if (anchor >= anchors_.size()) anchors_.resize(anchor + 1, kNoNode);
    anchors_[anchor] = builder_.next_index();
  }

  [[noreturn]] void refuse(std::string message) const {
    throw Refused(error_at(position_, ErrorCode::invalid_argument, std::move(message)));
  }

  static void must(Result<void> added) {
    if (!added) throw Refused(std::move(added).error());
  }

  YamlInput& input_;
  DocumentBuilder& builder_;
  std::vector<std::uint32_t> anchors_;  // the node of each
  YamlIndentation indentation_;
  Position position_;
  Position key_position_;
  int documents_ = 0;
};

constexpr std::string_view kTabIndents =
    "a tab in the indentation; YAML is indented with spaces only: write two for each tab";

// The line with this number, the first being 1, without its end.
std::string_view line_at(std::string_view text, std::uint32_t number) {
  for (std::uint32_t line = 1; line < number && !text.empty(); ++line)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

// Where a tab indents the line that yaml-cpp could not read, whatever it says of that line.
std::optional<Position> find_indenting_tab(std::string_view text, Position complaint) {
  const std::string_view line = line_at(text, complaint.line);
  const std::string_view indentation = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  const std::size_t tab = indentation.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return Position{.line = complaint.line, .column = static_cast<std::uint32_t>(tab + 1)};
}

// Behind a complaint about a line that has a condition of other languages, which to YAML is a key and a value.
std::string_view hint_at_ternary(std::string_view text, Position complaint) {
  const std::string_view line = line_at(text, complaint.line);
  const std::size_t question = line.find(" ? ");
  if (question == std::string_view::npos || line.find(" : ", question) == std::string_view::npos) return {};
  return "; for `a ? b : c` write `(a) and (b) or (c)`";
}

// Behind a complaint about the bracket of an expression that stands within brackets of YAML.
std::string_view hint_at_place(std::string_view text, Position complaint) {
  const std::string_view line = line_at(text, complaint.line);
  const bool is_place =
      complaint.column > 1 && complaint.column <= line.size() && line.substr(complaint.column - 2).starts_with("${{");
  return is_place ? "; within { } and [ ] an expression stands in quotes: write \"${{ ... }}\"" : "";
}

// What yaml-cpp's messages mean to someone who does not know its source.
std::string_view explain(std::string_view message) {
  static const std::pair<std::string_view, std::string_view> kMeanings[] = {
      {YAML::ErrorMsg::MAP_VALUE,
       "a \": \" where no value can stand (quote strings that contain it; indent with spaces, all members of an object "
       "alike; a key is at most 1024 bytes long)"},
      {YAML::ErrorMsg::END_OF_MAP,
       "this does not belong to the object above it (check the indentation; is a \":\" missing?)"},
      {YAML::ErrorMsg::END_OF_SEQ,
       "this does not belong to the list above it (check the indentation; is a \"-\" missing?)"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "a \"{\" is not closed, or a comma is missing"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a \"[\" is not closed, or a comma is missing"},
      {YAML::ErrorMsg::FLOW_END, "a \"]\" or \"}\" that closes nothing"},
      {YAML::ErrorMsg::BLOCK_ENTRY, "a \"- \" where no list can begin"},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "the document ends inside of a quoted string"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "no value can start with this character (quote it if it is a string)"},
      {YAML::ErrorMsg::UNKNOWN_ANCHOR, "an alias (*name) to an anchor (&name) that is not defined before it"},
      {YAML::ErrorMsg::TAB_IN_INDENTATION, kTabIndents},
  };
  for (const auto& [theirs, ours] : kMeanings)
    if (message == theirs) return ours;
  if (message.starts_with(YAML::ErrorMsg::INVALID_UNICODE))
    return "an escape that is not a Unicode character (for one beyond U+FFFF write \\U and 8 digits, or the character "
           "itself)";
  return message;
}

Result<void> parse_events(std::istream& stream, std::string_view text, YamlEvents& events) {
  const auto invalid = [&](Position at, std::string_view why) {
    if (const std::optional<Position> tab = find_indenting_tab(text, at)) {
      at = *tab;
      why = kTabIndents;
    }
    return std::unexpected(
        error_at(at, ErrorCode::invalid_argument,
                 fmt::format("not valid YAML: {}{}{}", why, hint_at_place(text, at), hint_at_ternary(text, at))));
  };
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(events))
      return std::unexpected(error_at({}, ErrorCode::invalid_argument, "the document is empty"));
    parser.HandleNextDocument(events);  // refused if there is one
    return {};
  } catch (Refused& refused) {
    return std::unexpected(std::move(refused.error));
  } catch (const YAML::Exception& exception) {
    return invalid(events.position(exception), explain(exception.msg));
  } catch (const std::runtime_error& error) {  // yaml-cpp's internal errors
    return invalid(events.position(), error.what());
  }
}

}  // namespace

Result<void> read_yaml(std::string_view text, DocumentBuilder& builder) {
  if (const std::size_t at = find_forbidden_in_yaml(text); at != std::string_view::npos) {
    const auto byte = static_cast<unsigned char>(text[at]);
    return std::unexpected(error_at(
        line_and_column(text, at), ErrorCode::invalid_argument,
        byte == '\r'
            ? std::string("a carriage return without a line feed; lines end in LF or CR LF")
            : fmt::format("the control character U+{0:04X} is not allowed in YAML; in double quotes, write \\x{0:02x}",
                          byte)));
  }
  YamlInput input(text);
  std::istream stream(&input);
  YamlEvents events(input, builder);
  Result<void> outcome = parse_events(stream, text, events);
  if (!input.ran_dry()) return outcome;
  return std::unexpected(error_at(
      events.position(), ErrorCode::limit_exceeded,
      fmt::format("nothing is complete within {} bytes from here; a longer string, value in brackets or comment is not "
                  "accepted",
                  YamlInput::kMaxHoarded)));
}

}  // namespace pawl::definition
