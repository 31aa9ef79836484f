#include "cli/user.h"

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
  Actor user{.kind = "user", .name = has_name ? found->pw_name : ""};
  if (!check_actor(user)) user.name = fmt::format("uid {}", id);
  return user;
}

}  // namespace pawl::cli
