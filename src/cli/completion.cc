// pawl completion bash|zsh|fish: made from the verbs and options themselves, so that it cannot go stale.
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.h"

namespace pawl::cli {
namespace {

struct Verb {
  std::string name;
  std::string description;
  std::vector<std::string> options;  // "--input", ...
};

std::vector<Verb> verbs_of(const CLI::App& app) {
  std::vector<Verb> verbs;
  for (const CLI::App* const sub : app.get_subcommands({})) {
    Verb verb{.name = sub->get_name(), .description = sub->get_description(), .options = {}};
    for (const CLI::Option* const option : sub->get_options())
      for (const std::string& name : option->get_lnames()) verb.options.push_back("--" + name);
    verbs.push_back(std::move(verb));
  }
  return verbs;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string names_of(const std::vector<Verb>& verbs) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs) names.push_back(verb.name);
  return joined(names);
}

std::string bash(const std::vector<Verb>& verbs) {
  std::string out = "_pawl() {\n  local word=\"${COMP_WORDS[COMP_CWORD]}\"\n  COMPREPLY=()\n";
  out += fmt::format(
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n"
      "    return\n  fi\n  case \"$word\" in -*) ;; *) return ;; esac\n  case \"${{COMP_WORDS[1]}}\" in\n",
      names_of(verbs));
  for (const Verb& verb : verbs)
    out += fmt::format("    {}) COMPREPLY=($(compgen -W \"{}\" -- \"$word\")) ;;\n", verb.name, joined(verb.options));
  return out + "  esac\n}\ncomplete -o default -F _pawl pawl\n";
}

std::string zsh(const std::vector<Verb>& verbs) {
  std::string out = "#compdef pawl\n_pawl() {\n  local -a verbs\n  verbs=(\n";
  for (const Verb& verb : verbs) out += fmt::format("    '{}:{}'\n", verb.name, verb.description);
  out += "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n  case \"$words[2]\" in\n";
  for (const Verb& verb : verbs)
    out += fmt::format("    {}) compadd -- {}; _files ;;\n", verb.name, joined(verb.options));
  return out + "  esac\n}\ncompdef _pawl pawl\n";
}

std::string fish(const std::vector<Verb>& verbs) {
  std::string out;
  for (const Verb& verb : verbs) {
    out += fmt::format("complete -c pawl -n __fish_use_subcommand -a {} -d '{}'\n", verb.name, verb.description);
    for (const std::string& option : verb.options)
      out += fmt::format("complete -c pawl -n '__fish_seen_subcommand_from {}' -l {}\n", verb.name, option.substr(2));
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  auto* const verb = app.add_subcommand("completion", "Print a completion script for your shell");
  const auto shell = std::make_shared<std::string>();
  verb->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->footer(
      "  bash: eval \"$(pawl completion bash)\"            in ~/.bashrc\n"
      "  zsh:  eval \"$(pawl completion zsh)\"             in ~/.zshrc, after compinit\n"
      "  fish: pawl completion fish | source             in ~/.config/fish/config.fish");
  verb->callback([shell, &app, &action] {
    action = [shell, &app] {
      const std::vector<Verb> verbs = verbs_of(app);
      fmt::print("{}", *shell == "bash" ? bash(verbs) : *shell == "zsh" ? zsh(verbs) : fish(verbs));
      return static_cast<int>(kDone);
    };
  });
}

}  // namespace pawl::cli
