#include "cli/usage.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/foreign_verbs.h"

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

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
  if (word.size() <= 2) return {};  // a letter resembles every other one
  const std::vector<std::string_view> known(names.begin(), names.end());
  return did_you_mean(word, known);
}

// The first word that looks like an option and is none.
std::string unknown_option(const Place& place) {
  const std::vector<std::string> known = option_names(*place.app);
  for (const std::string& word : place.rest) {
    if (word == "--") break;
    const std::string name = word.substr(0, word.find('='));
    if (!is_option(word) || is_among(name, known)) continue;
    const std::string foreign = foreign_option(name, known);
    return fmt::format("unknown option {}{}", in_quotes(name), foreign.empty() ? suggestion(name, known) : foreign);
  }
  return {};
}

// CLI11 lists what nobody took from the last to the first.
std::string unexpected_argument(const Place& place, std::string_view message) {
  const auto is_first = [&](const std::string& word) { return message.ends_with(" " + word); };
  const auto word = std::ranges::find_if(place.rest, is_first);
  return word == place.rest.end() ? "too many arguments" : fmt::format("unexpected argument {}", in_quotes(*word));
}

std::string missing_verb(const Place& place) {
  const std::vector<std::string> known = verb_names(*place.app);
  const auto word = std::ranges::find_if_not(place.rest, is_option);
  if (word == place.rest.end()) return fmt::format("a verb is missing: {}", fmt::join(known, ", "));
  const bool is_first = place.command.find(' ') == std::string::npos;
  const std::string foreign = is_first ? foreign_verb(*word) : std::string();
  return fmt::format("unknown verb {}{}", in_quotes(*word), foreign.empty() ? suggestion(*word, known) : foreign);
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
    return fmt::format("{} is no {} from {} to {}", in_quotes(value), what, least, most);
  };
  return {check, fmt::format("{}..{}", least, most)};
}

}  // namespace

std::string explain_usage(const CLI::App& app, std::span<const std::string> words, const CLI::ParseError& wrong) {
  const Place place = find_place(app, words);
  const std::string verb = place.command.substr(std::min(place.command.find(' ') + 1, place.command.size()));
  return fmt::format("{}{}; see {} --help", place.app == &app ? "" : verb + ": ", what_is_wrong(place, wrong),
                     place.command);
}

CLI::Validator one_of(std::vector<std::string_view> words) {
  std::string description = fmt::format("{{{}}}", fmt::join(words, ","));
  const auto check = [words = std::move(words)](const std::string& value) {
    if (is_among(std::string_view(value), words)) return std::string();
    return fmt::format("{} is unknown; it is {}{}", in_quotes(value), fmt::join(words, " or "),
                       did_you_mean(value, words));
  };
  return {check, std::move(description)};
}

CLI::Validator integer_between(std::int64_t least, std::int64_t most) {
  return between<std::int64_t>(least, most, "integer");
}

CLI::Validator number_between(double least, double most) { return between<double>(least, most, "number"); }

}  // namespace pawl::cli
