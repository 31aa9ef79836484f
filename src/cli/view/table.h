// Columns for people: as wide as what is in them.
#pragma once

#include <string>
#include <vector>

namespace pawl::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> head) { add(std::move(head)); }
  // As many cells as the head has; they are made printable.
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace pawl::cli
