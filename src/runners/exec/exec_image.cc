#include "runners/exec/exec_image.h"

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <unistd.h>

#include "runners/exec/keeper_protocol.h"

namespace pawl::runners {
namespace {

// Lays strings and arrays of them out in memory, and knows when there is no room.
class Layout {
 public:
  Layout(char* begin, char* end) : at_(begin), end_(end) {}

  // As execve wants them: pointers, the last one null.
  char** array(const std::vector<std::string>& strings, const std::string& more = {}) {
    const std::size_t count = strings.size() + (more.empty() ? 0 : 1);
    align();
    auto** const pointers = reinterpret_cast<char**>(at_);
    if (!take((count + 1) * sizeof(char*))) return nullptr;
    std::size_t i = 0;
    for (const std::string& each : strings) pointers[i++] = string(each);
    if (!more.empty()) pointers[i++] = string(more);
    pointers[i] = nullptr;
    return pointers;
  }
  char* string(const std::string& text) {
    char* const begin = at_;
    if (!take(text.size() + 1)) return nullptr;
    std::memcpy(begin, text.c_str(), text.size() + 1);
    return begin;
  }
  [[nodiscard]] bool is_full() const { return is_full_; }

 private:
  void align() {
    const auto number = reinterpret_cast<std::uintptr_t>(at_);
    (void)take((alignof(char*) - number % alignof(char*)) % alignof(char*));
  }
  bool take(std::size_t bytes) {
    is_full_ = is_full_ || bytes > static_cast<std::size_t>(end_ - at_);
    if (!is_full_) at_ += bytes;
    return !is_full_;
  }

  char* at_;
  char* end_;
  bool is_full_ = false;
};

}  // namespace

std::string current_directory() {
  char path[PATH_MAX];
  return ::getcwd(path, sizeof(path)) == nullptr ? std::string() : std::string(path);
}

int fill_image(char* begin, const Execution& execution, const std::string& marker, const std::string& keepers) {
  auto* const image = new (begin) ExecImage;
  Layout layout(begin + sizeof(ExecImage), begin + kImageBytes);
  image->program = layout.string(execution.program);
  image->cwd = execution.cwd.empty() ? nullptr : layout.string(execution.cwd);
  // The keeper process is where we were when it was made.
  const std::string here = current_directory();
  image->from = here.empty() || here == keepers ? nullptr : layout.string(here);
  image->argv = layout.array(execution.argv);
  image->env = layout.array(execution.env, marker);
  return layout.is_full() ? E2BIG : 0;
}

}  // namespace pawl::runners
