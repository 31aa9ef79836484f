// Continues a stored workflow and brings it to its end in this process: what `pawl resume ID` has in common with the
// verbs that change an ended one so that it does.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/engine_arguments.h"
#include "cli/watch.h"

namespace pawl::cli {

struct ContinueArguments {
  Target target;
  EngineArguments engine;  // its data_dir is the target's
  ViewArguments view = {};
  std::optional<std::string> timeout = {};
};

inline constexpr const char* kContinueOutput = "human: a view, or lines, and a summary; json: the document of pawl run";

// ID
void add_workflow_id(Verb& verb, ContinueArguments& arguments);

// --data-dir, --output, --timeout, the view, and what is said about the engine.
void add_continue_options(Verb& verb, ContinueArguments& arguments, const std::string& output = kContinueOutput);

// Examples, and below them what verbs that continue a workflow have in common.
void teach_continuing(Verb& verb, const std::string& examples);

// What there is to say about the engine and the directory, which must exist.
Result<EngineChoice> read_continue_options(const ContinueArguments& arguments);

// How it is watched. Error: `invalid_argument`, of --timeout.
Result<WatchOptions> read_watch_options(const ContinueArguments& arguments);

// What is done to the stored workflow first. Returns the id of the one that goes on then: its own, or that of its fork.
using Change = std::function<Result<std::string>(Engine& stored)>;

// The workflow itself goes on after what `change` does to it.
Change change_of(const std::string& id, std::function<Result<void>(Engine& stored)> change);

// Without a change the workflow goes on as it is. One that has ended then is only told about. Shows and prints what
// `pawl run` does, and returns what `exit_code_of` makes of its end.
int continue_workflow(const ContinueArguments& arguments, const Change& change = {},
                      ExitCodeOf exit_code_of = exit_code_of_outcome);

}  // namespace pawl::cli
