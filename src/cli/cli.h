// The command line: `pawl VERB ...`. Each verb has a file of its own; this is what they share.
//
// Exit codes: 0 done, 1 the workflow failed, 2 bad usage or definition, 3 cancelled or timed out, 4 unavailable.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pawl/result.h"

namespace CLI {
class App;
}

namespace pawl::cli {

enum ExitCode : int { kDone = 0, kWorkflowFailed = 1, kBadUsage = 2, kCancelled = 3, kUnavailable = 4 };

// What the chosen verb does; set while the command line is parsed.
using Action = std::function<int()>;

void add_run(CLI::App& app, Action& action);
void add_validate(CLI::App& app, Action& action);
void add_graph(CLI::App& app, Action& action);
void add_import(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);

// Prints "pawl: FILE:LINE:COLUMN: field: message" on standard error; returns the exit code that belongs to it.
int report(const Error& error, const std::string& file = {});

// main().
int run(int argc, char** argv);

}  // namespace pawl::cli
