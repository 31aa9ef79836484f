// Durations and times of day as args of tasks give them, and the waits for these.
#pragma once

#include "pawl/json.h"
#include "pawl/result.h"
#include "pawl/types.h"

#include "model/wait.h"

namespace pawl {

extern const WaitKind kSleepWait;  // timer.sleep
extern const WaitKind kUntilWait;  // timer.until

// `[count of args] {} arguments; usage`.
[[nodiscard]] Result<void> check_arg_count(const Json& args, std::size_t least, std::size_t most,
                                           std::string_view usage);
// The one arg of a sleep. Errors: `invalid_argument`, with the field.
[[nodiscard]] Result<Duration> sleep_of(const Json& args);
[[nodiscard]] Result<void> check_sleep(const Json& args);
// The same of args that somebody has just written: it refuses numbers that may be meant as seconds.
[[nodiscard]] Result<void> check_written_sleep(const Json& args);

}  // namespace pawl
