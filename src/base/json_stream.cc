#include "base/json_stream.h"

#include "base/json_depth.h"
#include "base/json_grammar.h"

namespace pawl {

struct JsonStream::Parser {
  boost::json::basic_parser<JsonGrammar> parser{{.max_depth = kAcceptedDepth}};
};

JsonStream::JsonStream() : parser_(std::make_unique<Parser>()) {}
JsonStream::~JsonStream() = default;
JsonStream::JsonStream(JsonStream&&) noexcept = default;
JsonStream& JsonStream::operator=(JsonStream&&) noexcept = default;

void JsonStream::add(std::string_view bytes) {
  if (state_ != State::reading || bytes.empty()) return;
  JsonErrorCode error;
  const std::size_t parsed = parser_->parser.write_some(true, bytes.data(), bytes.size(), error);
  if (error == kUnkept || error == boost::json::error::too_deep) {
    state_ = State::is_json;
  } else if (error || parsed < bytes.size()) {  // no JSON, or more behind the document
    state_ = State::is_not_json;
  }
}

bool JsonStream::is_document() const {
  return state_ == State::is_json || (state_ == State::reading && parser_->parser.done());
}

}  // namespace pawl
