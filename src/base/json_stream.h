// Whether bytes that come in pieces are one JSON document, told without keeping them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace pawl {

class JsonStream {
 public:
  JsonStream();
  ~JsonStream();
  JsonStream(JsonStream&&) noexcept;
  JsonStream& operator=(JsonStream&&) noexcept;

  void add(std::string_view bytes);
  // Whether all that was added is one JSON document. What is nested too deep to be read, or has a number that no value
  // keeps, is taken for one, whatever follows.
  [[nodiscard]] bool is_document() const;

 private:
  struct Parser;
  enum class State : std::uint8_t { reading, is_json, is_not_json };
  std::unique_ptr<Parser> parser_;
  State state_ = State::reading;
};

}  // namespace pawl
