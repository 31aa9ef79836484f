#include "cli/usage.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "pawl/json.h"

#include "base/text.h"
#include "cli/foreign_verbs.h"
#include "cli/input.h"
#include "cli/open_data_dir.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

bool is_among(const auto& word, const auto& words) { return std::ranges::find(words, word) != words.end(); }

// The verb that the words lead to: `import wfformat` is one.
struct Place {
  const CLI::App* app = nullptr;
  std::string command;                // "pawl import wfformat"
  std::span<const std::string> rest;  // what follows the verb
};

const CLI::App* verb_named(const CLI::App& app, const std::string& name) {
  const auto verbs = app.get_subcommands({});
  const auto found = std::ranges::find_if(verbs, [&](const CLI::App* verb) { return verb->get_name() == name; });
  return found == verbs.end() ? nullptr : *found;
}

Place find_place(const CLI::App& app, std::span<const std::string> words) {
  Place place{.app = &app, .command = app.get_name(), .rest = words};
  while (!place.rest.empty()) {
    const CLI::App* const verb = verb_named(*place.app, place.rest.front());
    if (verb == nullptr) break;
    place = {.app = verb, .command = place.command + " " + verb->get_name(), .rest = place.rest.subspan(1)};
  }
  return place;
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

// The names of what may stand at `place`, for comparison with what does.
std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* const verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// Whether it is an option with a value, by its whole name.
bool takes_value(const CLI::App& app, const std::string& name) {
  const auto options = app.get_options();
  return std::ranges::any_of(options, [&](const CLI::Option* option) {
    return !option->get_positional() && option->get_items_expected_min() > 0 && option->check_name(name);
  });
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
  if (word.size() <= 2) return {};  // a letter resembles every other one
  const std::vector<std::string_view> known(names.begin(), names.end());
  return did_you_mean(word, known);
}

// Of `pawl --data-dir d list`, whose verb has the option.
std::string behind_verb(const Place& place) {
  if (place.rest.empty() || !is_option(place.rest.front())) return {};
  const std::string& first = place.rest.front();
  const std::string name = first.substr(0, first.find('='));
  if (is_among(name, option_names(*place.app))) return {};
  for (const std::string& word : place.rest) {
    const CLI::App* const verb = verb_named(*place.app, word);
    if (verb == nullptr || !is_among(name, option_names(*verb))) continue;
    const bool has_value = first == name && takes_value(*verb, name) && place.rest[1] != word;
    return fmt::format("{} is an option of {}, and must come after it: {} {} {}{}", name, word, place.command, word,
                       name,
                       has_value                    ? " " + shell_word(printable(place.rest[1]))
                       : first.size() > name.size() ? first.substr(name.size())
                                                    : "");
  }
  return {};
}

// What other tools take as `who=x` is a member of the input.
std::string as_input(const Place& place, std::string_view word) {
  constexpr std::size_t kLongest = 60;
  const std::size_t equals = word.find('=');
  if (equals == 0 || equals == std::string_view::npos || word.size() > kLongest ||
      !is_among(std::string("--input"), option_names(*place.app)))
    return {};
  return fmt::format(" (write --input {})", shell_word(printable(input_of_assignment(word))));
}

// `--set n=1` and `-e n=1` are a member of the input, too.
std::string assigned(const Place& place, std::size_t option) {
  const std::string& word = place.rest[option];
  if (foreign_option(word.substr(0, word.find('=')), {}, std::array{std::string("--input")}).empty()) return {};
  if (const std::size_t equals = word.find('='); equals != std::string::npos)
    return as_input(place, std::string_view(word).substr(equals + 1));
  return option + 1 < place.rest.size() ? as_input(place, place.rest[option + 1]) : std::string();
}

// The first word that looks like an option and is none.
std::string unknown_option(const Place& place) {
  const std::vector<std::string> known = option_names(*place.app);
  if (std::string moved = behind_verb(place); !moved.empty()) return moved;
  for (std::size_t i = 0; i < place.rest.size() && place.rest[i] != "--"; ++i) {
    const std::string& word = place.rest[i];
    const std::string name = word.substr(0, word.find('='));
    if (!is_option(word) || is_among(name, known)) continue;
    std::string foreign = assigned(place, i);
    if (foreign.empty()) foreign = foreign_option(name, place.app->get_name(), known);
    return fmt::format("unknown option {}{}", in_quotes(name), foreign.empty() ? suggestion(name, known) : foreign);
  }
  return {};
}

// CLI11 lists what nobody took from the last to the first.
std::string unexpected_argument(const Place& place, std::string_view message) {
  const auto is_first = [&](const std::string& word) { return message.ends_with(" " + word); };
  const auto word = std::ranges::find_if(place.rest, is_first);
  if (word == place.rest.end()) return "too many arguments";
  return fmt::format("unexpected argument {}{}", in_quotes(*word), as_input(place, *word));
}

std::string missing_verb(const Place& place) {
  const std::vector<std::string> known = verb_names(*place.app);
  const auto word = std::ranges::find_if_not(place.rest, is_option);
  if (word == place.rest.end()) return fmt::format("a verb is missing: {}", fmt::join(known, ", "));
  const bool is_first = place.command.find(' ') == std::string::npos;
  std::string hint = is_first ? foreign_verb(*word) : foreign_inner_verb(*word, known);
  if (hint.empty()) hint = suggestion(*word, known);
  if (hint.empty() && !is_first) hint = fmt::format("; it is {}", fmt::join(known, ", "));
  return fmt::format("unknown verb {}{}", in_quotes(*word), hint);
}

// CLI11 names the option first: "--id: 1 required TEXT missing", "--id: At Most 1 required but received 2".
std::string wrong_count(std::string_view message) {
  const std::string_view option = message.substr(0, message.find_first_of(": "));
  return fmt::format("{} {}", option, message.contains("At Most") ? "is given more than once" : "needs a value");
}

std::string what_is_wrong(const Place& place, const CLI::ParseError& wrong) {
  std::string message = wrong.what();
  if (std::string unknown = unknown_option(place); !unknown.empty()) return unknown;
  if (!place.app->get_subcommands({}).empty()) return missing_verb(place);
  if (dynamic_cast<const CLI::ExtrasError*>(&wrong) != nullptr) return unexpected_argument(place, message);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&wrong) != nullptr) return wrong_count(message);
  if (dynamic_cast<const CLI::RequiredError*>(&wrong) != nullptr)
    return fmt::format("{} is missing", std::string_view(message).substr(0, message.find(' ')));
  return message;  // a validator's, worded by us
}

template <class Number>
CLI::Validator between(Number least, Number most, std::string_view what) {
  const auto check = [least, most, what](const std::string& value) {
    Number number{};
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end && number >= least && number <= most) return std::string();
    return fmt::format("{} is not {} from {} to {}", in_quotes(value), what, least, most);
  };
  return {check, fmt::format("{}..{}", least, most)};
}

std::string explain(const CLI::App& app, const Place& place, std::string_view what) {
  const std::string verb = place.command.substr(std::min(place.command.find(' ') + 1, place.command.size()));
  return fmt::format("{}{}; see {} --help", place.app == &app ? "" : verb + ": ", what, place.command);
}

}  // namespace

std::string explain_usage(const CLI::App& app, std::span<const std::string> words, const CLI::ParseError& wrong) {
  const Place place = find_place(app, words);
  return explain(app, place, what_is_wrong(place, wrong));
}

std::optional<std::string> explain_missing_value(const CLI::App& app, std::span<const std::string> words) {
  const Place place = find_place(app, words);
  for (std::size_t i = 0; i + 1 < place.rest.size() && place.rest[i] != "--"; ++i) {
    if (!place.rest[i].starts_with('-') || !takes_value(*place.app, place.rest[i])) continue;
    const std::string& value = place.rest[++i];
    if (value.starts_with('-'))
      return explain(app, place,
                     fmt::format("{0} needs a value; if {1} is the value, write {2}", place.rest[i - 1],
                                 in_quotes(value), in_quotes(fmt::format("{}={}", place.rest[i - 1], value))));
  }
  return std::nullopt;
}

std::vector<std::string> with_empty_values(const CLI::App& app, std::span<const std::string> words) {
  const Place place = find_place(app, words);
  std::vector<std::string> all(words.begin(), words.end() - static_cast<std::ptrdiff_t>(place.rest.size()));
  bool only_arguments = false;
  for (const std::string& word : place.rest) {
    only_arguments = only_arguments || word == "--";
    const bool is_empty = !only_arguments && word.starts_with("--") && word.ends_with('=') &&
                          takes_value(*place.app, word.substr(0, word.size() - 1));
    all.push_back(is_empty ? word.substr(0, word.size() - 1) : word);
    if (is_empty) all.emplace_back();
  }
  return all;
}

CLI::Validator one_of(std::vector<std::string_view> words) {
  std::string description = fmt::format("{{{}}}", fmt::join(words, ","));
  const auto check = [words = std::move(words)](const std::string& value) {
    if (is_among(std::string_view(value), words)) return std::string();
    const std::string foreign = foreign_state(value, words);
    return fmt::format("{} is unknown; it is {}{}", in_quotes(value), fmt::join(words, " or "),
                       foreign.empty() ? did_you_mean(value, words) : foreign);
  };
  return {check, std::move(description)};
}

CLI::Validator integer_between(std::int64_t least, std::int64_t most) {
  return between<std::int64_t>(least, most, "an integer");
}

CLI::Validator number_between(double least, double most) { return between<double>(least, most, "a number"); }

}  // namespace pawl::cli
