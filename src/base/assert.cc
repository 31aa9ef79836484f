#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace pawl {

void assertion_failed(const char* condition, const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "pawl: invariant broken at %s:%d: %s: %s\n", file, line, condition, what.c_str());
  std::abort();
}

}  // namespace pawl
