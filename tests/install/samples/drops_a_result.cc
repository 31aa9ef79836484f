// Does not compile where warnings are errors: whether the handler was added is not looked at.
#include "pawl/engine.h"

void add(pawl::Handlers& handlers) {
  handlers.add("m", "f", [](pawl::TaskContext&) { return pawl::ok(); });
}
