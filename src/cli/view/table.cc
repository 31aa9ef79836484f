#include "cli/view/table.h"

#include <algorithm>
#include <utility>

#include "cli/view/view.h"

namespace pawl::cli {
namespace {

constexpr std::size_t kMostColumns = 60;  // of one cell that others follow
constexpr std::size_t kGap = 2;

}  // namespace

void Table::add(std::vector<std::string> cells) {
  widths_.resize(std::max(widths_.size(), cells.size()));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i] = printable(cells[i]);
    widths_[i] = std::max(widths_[i], std::min(width_of(cells[i]), kMostColumns));
  }
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 == row.size()) break;
      const std::size_t width = width_of(row[i]);
      out.append(kGap + (width < widths_[i] ? widths_[i] - width : 0), ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace pawl::cli
