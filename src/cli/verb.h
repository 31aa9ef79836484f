// A verb of the command line while it is described: its options and what it does. CLI11 is behind it, which takes
// seconds to compile wherever it is seen.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pawl::cli {

// What the chosen verb does, and the exit code it returns; set while the command line is parsed.
using Action = std::function<int()>;

// Where a value lies must outlive the parsing: a verb keeps them in what its action holds.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required();
  // Its help says what it is if it is not given.
  Option& shows_default();
  Option& one_of(std::vector<std::string_view> words);
  // Both ends included.
  Option& between(std::int64_t least, std::int64_t most);
  Option& number_between(double least, double most);
  Option& not_empty();
  // A variable of the environment that stands for it.
  Option& environment(const std::string& name);

 private:
  CLI::Option* option_;
};

class Verb {
 public:
  Verb(CLI::App& app, Action& action) : app_(&app), action_(&action) {}

  [[nodiscard]] Verb add_verb(const std::string& name, const std::string& what);
  // One of its verbs must be given.
  void needs_verb();
  void on_call(Action action);
  // Examples, below the options.
  void teaches(const std::string& text);

  // "--name", or "NAME" for what stands there without one.
  Option add(const std::string& name, std::string& value, const std::string& what);
  // "--name" may be given several times, each time with one value.
  Option add(const std::string& name, std::vector<std::string>& value, const std::string& what);
  Option add(const std::string& name, std::int64_t& value, const std::string& what);
  Option add(const std::string& name, std::uint64_t& value, const std::string& what);
  Option add(const std::string& name, double& value, const std::string& what);
  // May be given as empty text, which is not the same as none.
  Option add(const std::string& name, std::optional<std::string>& value, const std::string& what);
  // --name alone.
  Option add_flag(const std::string& name, bool& value, const std::string& what);

  // --version
  void set_version(const std::string& text);

  [[nodiscard]] const CLI::App& app() const { return *app_; }

 private:
  CLI::App* app_;
  Action* action_;
};

}  // namespace pawl::cli
