#include "cli/user.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace pawl::cli {

Actor this_user() {
  constexpr std::size_t kEntryBytes = 16'384;
  const uid_t id = ::geteuid();
  std::vector<char> place(kEntryBytes);
  passwd entry{};
  passwd* found = nullptr;
  const bool has_name = ::getpwuid_r(id, &entry, place.data(), place.size(), &found) == 0 && found != nullptr;
  return {.kind = "user", .name = has_name ? std::string(found->pw_name) : fmt::format("uid {}", id)};
}

}  // namespace pawl::cli
