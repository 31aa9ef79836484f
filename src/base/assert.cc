#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace pawl {
namespace {

thread_local int t_supervisors = 0;

}  // namespace

Supervised::Supervised() { ++t_supervisors; }
Supervised::~Supervised() { --t_supervisors; }

void assertion_failed(const char* condition, const char* file, int line, const std::string& what) {
  const std::string text = fmt::format("invariant broken at {}:{}: {}: {}", file, line, condition, what);
  std::fprintf(stderr, "pawl: %s\n", text.c_str());
  if (t_supervisors > 0) throw InvariantBroken(text);
  std::abort();
}

}  // namespace pawl
