// A stored workflow made to go on, and brought to its end in this process: what `pawl resume ID` has in common with the
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

struct GoOnArguments {
  Target target;
  EngineArguments engine;  // its data_dir is the target's
  ViewArguments view = {};
  std::optional<std::string> timeout = {};
};

inline constexpr const char* kGoOnOutput = "human: a view, or lines, and a summary; json: the document of pawl run";

// --data-dir, --output, --timeout, the view, and what is said about the engine.
void add_going_on(Verb& verb, GoOnArguments& arguments, const std::string& output = kGoOnOutput);

// What there is to say about the engine and the directory, which must exist.
Result<EngineChoice> read_going_on(const GoOnArguments& arguments);

// How it is watched. Error: `invalid_argument`, of --timeout.
Result<WatchOptions> read_watching(const GoOnArguments& arguments);

// What is done to the stored workflow first. Returns the id of the one that goes on then: its own, or that of its fork.
using Change = std::function<Result<std::string>(Engine& stored)>;

// Without a change the workflow goes on as it is. One that has ended then is only told about. Shows and prints what
// `pawl run` does, and returns what `judge` makes of its end.
int go_on(const GoOnArguments& arguments, const Change& change = {}, Judge judge = by_its_end);

}  // namespace pawl::cli
