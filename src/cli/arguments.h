// The options that several verbs have.
#pragma once

#include <cstdint>
#include <string>

#include "cli/verb.h"

namespace pawl::cli {

// What a verb that lists prints unless it is told how many, and at most.
inline constexpr std::size_t kListed = 100;
inline constexpr std::int64_t kMostListed = 1'000'000;

// --output human|json
void add_output(Verb& verb, std::string& output, const std::string& what);

// What is shown while a workflow runs.
struct ViewArguments {
  std::string progress;  // plain, live or none; empty: as the terminal has it
  bool quiet = false;
};

// --output of a verb that has one thing to say: that it is done.
void add_done_output(Verb& verb, std::string& output);

// --progress and --quiet
void add_view(Verb& verb, ViewArguments& arguments);
void add_quiet(Verb& verb, bool& quiet);

// Stands for --data-dir in the environment.
inline constexpr const char* kDataDirVariable = "PAWL_DATA_DIR";

// --data-dir
Option add_data_dir(Verb& verb, std::string& data_dir, const std::string& what);

// What a verb is about: a data directory, and perhaps a workflow in it.
struct Target {
  std::string data_dir;
  std::string id;
  std::string output = "human";
  bool make = false;   // the data directory, if there is none
  bool reads = false;  // and changes nothing: also a directory that cannot be written

  [[nodiscard]] bool json() const { return output == "json"; }
};

// --data-dir, which must be given.
void add_directory(Verb& verb, Target& target);
// The same, and ID.
void add_workflow(Verb& verb, Target& target);

}  // namespace pawl::cli
