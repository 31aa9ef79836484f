#include "runners/exec/process_tree.h"

#include <algorithm>

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/exec/proc.h"

namespace pawl::runners {

void ProcessTree::add(pid_t pid) { add(pid, parent_of(pid)); }

void ProcessTree::add(pid_t pid, pid_t parent) {
  if (count_ < kMost) found_[count_++] = {.pid = pid, .parent = parent};
}

void ProcessTree::add_children(pid_t parent) {
  if (!add_from_lists(parent)) add_from_all(parent);
}

// Quick, but a kernel may be built without these lists.
bool ProcessTree::add_from_lists(pid_t parent) {
  bool has_lists = true;
  const bool is_there = for_each_number(ProcPath() << "/proc/" << parent << "/task", [&](pid_t thread) {
    const Descriptor file = open_proc(ProcPath() << "/proc/" << parent << "/task/" << thread << "/children");
    if (!file.is_open()) {
      has_lists = has_lists && ::access((ProcPath() << "/proc/" << parent << "/task/" << thread).c_str(), F_OK) != 0;
      return;
    }
    char text[kProcReadBytes];
    pid_t number = 0;
    bool in_number = false;
    for (;;) {
      const ssize_t bytes = ::read(file.get(), text, sizeof(text));
      if (bytes <= 0) break;
      for (ssize_t i = 0; i < bytes; ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (is_digit) number = number * 10 + (text[i] - '0');
        if (!is_digit && in_number) {
          add(number, parent);
          number = 0;
        }
        in_number = is_digit;
      }
    }
    if (in_number) add(number, parent);
  });
  return has_lists || !is_there;
}

void ProcessTree::add_from_all(pid_t parent) {
  for_each_number(ProcPath() << "/proc", [&](pid_t pid) {
    if (parent_of(pid) == parent) add(pid, parent);
  });
}

void ProcessTree::add_descendants(std::size_t from) {
  for (std::size_t i = from; i < count_; ++i) add_children(found_[i].pid);
}

void ProcessTree::signal(std::size_t i, int number) const {
  const auto& [pid, parent] = found_[i];
  const Descriptor process(open_handle(pid));
  if (!process.is_open()) return;
  const pid_t now = parent_of(pid);
  // An orphan has got our process for a parent meanwhile.
  if (now == parent || now == ::getpid()) ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

}  // namespace pawl::runners
