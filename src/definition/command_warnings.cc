// What is said of commands: of lines for a shell, and of words that no shell reads.
#include <algorithm>

#include "definition/command_words.h"
#include "definition/inner_language.h"
#include "definition/pasted_values.h"
#include "definition/unexpanded.h"
#include "definition/warnings.h"

namespace pawl::definition {
namespace {

using Words = boost::json::array;

const boost::json::object* options_of(const Words& args) { return args.empty() ? nullptr : args.back().if_object(); }

const boost::json::object* env_of(const Words& args) {
  const boost::json::object* const options = options_of(args);
  const Json* const env = options == nullptr ? nullptr : options->if_contains("env");
  return env == nullptr ? nullptr : env->if_object();
}

std::vector<std::string_view> names_of_env(const Words& args) {
  std::vector<std::string_view> names;
  if (const boost::json::object* const env = env_of(args))
    for (const auto& member : *env) names.emplace_back(member.key());
  return names;
}

// Whether a program that is given variables of the environment by name may well read a word.
bool is_read_as_script(const Words& args, std::size_t place) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i <= place; ++i)
    words.emplace_back(args[i].is_string() ? std::string_view(args[i].get_string()) : std::string_view());
  return words.front() == "envsubst" || inner_language(words).has_value();
}

Path element(Path list, std::size_t place) {
  list.emplace_back(place);
  return list;
}

}  // namespace

void WarningFinder::note_command(std::string_view module, std::string_view function, const Json& args,
                                 const JsonText& input, const Path& path) {
  if (module != "exec" || !args.is_array() || found_.size() >= kMostWarnings) return;
  const Words& words = args.get_array();
  Path args_path = path;
  args_path.emplace_back("args");
  if (function == "run") note_words(words, args_path);
  note_options(words, function, args_path);
  if (const std::optional<std::size_t> place = place_of_shell_line(function, words))
    note_line(words, *place, function == "shell", input, args_path);
}

void WarningFinder::add(std::optional<std::string> message, Path path) {
  if (message && found_.size() < kMostWarnings)
    found_.push_back({.message = *std::move(message), .path = std::move(path)});
}

void WarningFinder::note_words(const Words& words, const Path& path) {
  add(doubt_words(words), element(path, 0));
  const std::optional<std::size_t> line = place_of_shell_line("run", words);
  const std::vector<std::string_view> env = names_of_env(words);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (i == line || !words[i].is_string()) continue;
    add(find_inner_script(words, i, env), element(path, i));
    if (!is_read_as_script(words, i)) add(doubt_word(words[i].get_string()), element(path, i));
  }
}

void WarningFinder::note_options(const Words& words, std::string_view function, const Path& path) {
  const boost::json::object* const options = options_of(words);
  if (options == nullptr) return;
  const Path place = element(path, words.size() - 1);
  const auto member = [&](const char* name) {
    Path of_option = place;
    of_option.emplace_back(name);
    return of_option;
  };
  if (const Json* const shell = options->if_contains("shell"); shell != nullptr && function == "shell")
    add(doubt_shell(*shell), member("shell"));
  if (const Json* const cwd = options->if_contains("cwd"); cwd != nullptr && cwd->is_string()) {
    add(doubt_cwd(cwd->get_string()), member("cwd"));
    add(doubt_home(cwd->get_string()), member("cwd"));
  }
  const boost::json::object* const env = env_of(words);
  if (env == nullptr) return;
  for (const auto& [name, value] : *env) {
    if (!value.is_string()) continue;
    Path of_variable = member("env");
    of_variable.emplace_back(std::string(name));
    add(doubt_env(name, value.get_string()), std::move(of_variable));
  }
}

void WarningFinder::note_line(const Words& words, std::size_t place, bool is_line, const JsonText& input,
                              const Path& path) {
  PastedLine pasted{.line = words[place].get_string(),
                    .shell = is_line ? shell_of(words) : std::string_view(words[0].get_string()),
                    .env = names_of_env(words)};
  if (pasted.line.contains("\r\n"))
    add("the lines end with \\r\\n, and to a shell the \\r is a part of the last word of each; end them with \\n alone",
        element(path, place));
  if (is_line) add(doubt_interpreter(pasted.line, pasted.shell), element(path, place));
  if (is_line) add(doubt_recipe(pasted.line, pasted.shell), element(path, place));
  if (!expression::has_places(pasted.line)) return;
  const Json defaults = input.parse();
  pasted.input = &defaults;
  add(find_pasted_values(pasted), element(path, place));
}

}  // namespace pawl::definition
