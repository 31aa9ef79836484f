// The command line: `pawl VERB ...`. Each verb has a file of its own; this is what they share.
//
// Exit codes: 0 done, 1 the workflow failed, 2 bad usage or definition, 3 cancelled or timed out, 4 unavailable.
#pragma once

#include <optional>
#include <string>

#include "pawl/result.h"

#include "cli/verb.h"

namespace pawl::cli {

enum ExitCode : int { kDone = 0, kWorkflowFailed = 1, kBadUsage = 2, kCancelled = 3, kUnavailable = 4 };

void add_run(Verb& program);
void add_resume(Verb& program);
void add_list(Verb& program);
void add_show(Verb& program);
void add_history(Verb& program);
void add_wait(Verb& program);
void add_pause(Verb& program);
void add_cancel(Verb& program);
void add_retry(Verb& program);
void add_rerun(Verb& program);
void add_compensate(Verb& program);
void add_fork(Verb& program);
void add_delete(Verb& program);
void add_saga(Verb& program);
void add_dead_letter(Verb& program);
void add_policy(Verb& program);
void add_snapshot(Verb& program);
void add_backup(Verb& program);
void add_restore(Verb& program);
void add_doctor(Verb& program);
void add_validate(Verb& program);
void add_graph(Verb& program);
void add_import(Verb& program);
void add_bench(Verb& program);
void add_version(Verb& program);
void add_completion(Verb& program);

// All verbs and options. What the command line chooses is set when `app` has parsed it.
void add_program(CLI::App& app, Action& action, std::string& log_level);

// Prints "pawl: FILE:LINE:COLUMN: field: message" on standard error; returns the exit code that belongs to it.
int report(const Error& error, const std::string& file = {});

// Prints "pawl: text" on standard error: something to know that is no error.
void note(const std::string& text);

// main().
int run(int argc, char** argv);

}  // namespace pawl::cli
