#include "cli/verb.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "cli/usage.h"

namespace pawl::cli {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::shows_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::one_of(std::vector<std::string_view> words) {
  option_->check(cli::one_of(std::move(words)));
  return *this;
}

Option& Option::between(std::int64_t least, std::int64_t most) {
  option_->check(integer_between(least, most));
  return *this;
}

Option& Option::number_between(double least, double most) {
  option_->check(cli::number_between(least, most));
  return *this;
}

Option& Option::not_empty() {
  const auto check = [](const std::string& value) { return std::string(value.empty() ? "is empty" : ""); };
  option_->check(CLI::Validator(check, ""));
  return *this;
}

Option& Option::environment(const std::string& name) {
  option_->envname(name);
  return *this;
}

Verb Verb::add_verb(const std::string& name, const std::string& what) {
  return {*app_->add_subcommand(name, what), *action_};
}

void Verb::needs_verb() { app_->require_subcommand(1); }

void Verb::on_call(Action action) {
  app_->callback([chosen = action_, action = std::move(action)] { *chosen = action; });
}

void Verb::teaches(const std::string& text) { app_->footer(text); }

void Verb::set_version(const std::string& text) { app_->set_version_flag("--version", text); }

Option Verb::add(const std::string& name, std::string& value, const std::string& what) {
  return Option(app_->add_option(name, value, what));
}

Option Verb::add(const std::string& name, std::vector<std::string>& value, const std::string& what) {
  CLI::Option* const option = app_->add_option(name, value, what);
  if (name.starts_with('-')) option->allow_extra_args(false);  // one value each time it is given
  return Option(option);
}

Option Verb::add(const std::string& name, std::int64_t& value, const std::string& what) {
  return Option(app_->add_option(name, value, what));
}

Option Verb::add(const std::string& name, std::uint64_t& value, const std::string& what) {
  return Option(app_->add_option(name, value, what));
}

Option Verb::add(const std::string& name, double& value, const std::string& what) {
  return Option(app_->add_option(name, value, what));
}

Option Verb::add(const std::string& name, std::optional<std::string>& value, const std::string& what) {
  // CLI11 would take an empty text for none at all.
  return Option(
      app_->add_option_function<std::string>(name, [&value](const std::string& text) { value = text; }, what));
}

Option Verb::add_flag(const std::string& name, bool& value, const std::string& what) {
  return Option(app_->add_flag(name, value, what));
}

}  // namespace pawl::cli
