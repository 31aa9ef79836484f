// A data directory that nobody uses, opened to look at it and to change what is stored in it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "pawl/engine.h"

#include "cli/arguments.h"

namespace pawl::cli {

enum class Purpose : std::uint8_t { to_read, to_change };

// Nothing in it runs meanwhile. To read it takes no room on the disk and no right to write. Error: also `not_found`,
// and `unavailable` naming the process that uses it.
Result<std::unique_ptr<Engine>> open_directory(const std::string& data_dir, Purpose purpose);

// What a verb does with an open directory; returns the exit code.
using DirectoryWork = std::function<Result<int>(Engine& engine)>;

// Opens the target's directory for `work`. Errors are reported, with the id that was probably meant where the target's
// is not known.
int in_directory(const Target& target, const DirectoryWork& work);

// What the verb does is this work in its target's directory.
template <class Arguments>
void on_call(Verb& verb, const std::shared_ptr<Arguments>& arguments,
             Result<int> (*work)(Engine& engine, const Arguments& arguments)) {
  verb.on_call([arguments, work] {
    return in_directory(arguments->target, [&](Engine& engine) { return work(engine, *arguments); });
  });
}

// The same, of one that only reads.
template <class Arguments>
void on_reading(Verb& verb, const std::shared_ptr<Arguments>& arguments,
                Result<int> (*work)(Engine& engine, const Arguments& arguments)) {
  verb.on_call([arguments, work] {
    arguments->target.reads = true;
    return in_directory(arguments->target, [&](Engine& engine) { return work(engine, *arguments); });
  });
}

// A word of a command line, as it would have to be typed.
std::string shell_word(const std::string& text);

// "pawl resume ID --data-dir D", to be copied into a shell; without an id, for all of them.
std::string resume_command(const std::string& id, const std::string& data_dir);

// That the workflow does not run, and what would make it.
std::string nothing_runs(const WorkflowStatus& status, const std::string& data_dir);

}  // namespace pawl::cli
