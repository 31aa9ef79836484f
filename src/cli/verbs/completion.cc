// pawl completion bash|zsh|fish: made from the verbs and options themselves, so that it cannot go stale.
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/open_data_dir.h"
#include "cli/usage.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

constexpr const char* kName = "completion";
constexpr std::string_view kShells[] = {"bash", "zsh", "fish"};

struct Entry {
  std::string name;
  std::string description;
  std::vector<std::string> options;  // "--input", ...
  std::vector<std::string> words;    // what may follow it at once: verbs of its own, or shells
};

void add_options(Entry& verb, const CLI::App& app) {
  for (const CLI::Option* const option : app.get_options())
    for (const std::string& name : option->get_lnames())
      if (std::ranges::find(verb.options, "--" + name) == verb.options.end()) verb.options.push_back("--" + name);
}

std::vector<Entry> verbs_of(const CLI::App& app) {
  std::vector<Entry> verbs;
  for (const CLI::App* const sub : app.get_subcommands({})) {
    Entry verb{.name = sub->get_name(), .description = sub->get_description(), .options = {}, .words = {}};
    add_options(verb, *sub);
    for (const CLI::App* const inner : sub->get_subcommands({})) {
      verb.words.push_back(inner->get_name());
      add_options(verb, *inner);
    }
    if (verb.name == kName) verb.words.assign(std::begin(kShells), std::end(kShells));
    verbs.push_back(std::move(verb));
  }
  return verbs;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string names_of(const std::vector<Entry>& verbs) {
  std::vector<std::string> names;
  for (const Entry& verb : verbs) names.push_back(verb.name);
  return joined(names);
}

std::string bash(const std::vector<Entry>& verbs) {
  std::string out = "_pawl() {\n  local word=\"${COMP_WORDS[COMP_CWORD]}\"\n  COMPREPLY=()\n";
  out += fmt::format(
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n"
      "    return\n  fi\n  case \"${{COMP_WORDS[1]}} $COMP_CWORD $word\" in\n",
      names_of(verbs));
  const auto complete = [&](const std::string& pattern, const std::vector<std::string>& words) {
    out += fmt::format("    {}) COMPREPLY=($(compgen -W \"{}\" -- \"$word\")) ;;\n", pattern, joined(words));
  };
  for (const Entry& verb : verbs) {
    complete(fmt::format("'{} '*' -'*", verb.name), verb.options);
    if (!verb.words.empty()) complete(fmt::format("'{} 2 '*", verb.name), verb.words);
  }
  return out + "  esac\n}\ncomplete -o default -F _pawl pawl\n";
}

std::string zsh(const std::vector<Entry>& verbs) {
  std::string out = "#compdef pawl\n_pawl() {\n  local -a verbs\n  verbs=(\n";
  for (const Entry& verb : verbs) out += fmt::format("    {}\n", shell_word(verb.name + ":" + verb.description));
  out += "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n  case \"$words[2]\" in\n";
  for (const Entry& verb : verbs)
    out += fmt::format("    {}) compadd -- {} {}; _files ;;\n", verb.name, joined(verb.words), joined(verb.options));
  // Loaded from $fpath, the file is the body of _pawl itself; otherwise it is evaluated in a start-up file.
  return out + "  esac\n}\nif [ \"$funcstack[1]\" = _pawl ]; then _pawl \"$@\"; else compdef _pawl pawl; fi\n";
}

std::string fish(const std::vector<Entry>& verbs) {
  std::string out;
  for (const Entry& verb : verbs) {
    out +=
        fmt::format("complete -c pawl -n __fish_use_subcommand -a {} -d {}\n", verb.name, shell_word(verb.description));
    for (const std::string& word : verb.words)
      out += fmt::format("complete -c pawl -n '__fish_seen_subcommand_from {}' -a {}\n", verb.name, word);
    for (const std::string& option : verb.options)
      out += fmt::format("complete -c pawl -n '__fish_seen_subcommand_from {}' -l {}\n", verb.name, option.substr(2));
  }
  return out;
}

}  // namespace

void add_completion(Verb& program) {
  Verb verb = program.add_verb(kName, "Print a completion script for your shell");
  const auto shell = std::make_shared<std::string>();
  verb.add("SHELL", *shell, "bash, zsh or fish").required().one_of({std::begin(kShells), std::end(kShells)});
  verb.teaches(
      "  bash: eval \"$(pawl completion bash)\"            in ~/.bashrc\n"
      "  zsh:  eval \"$(pawl completion zsh)\"             in ~/.zshrc, after compinit\n"
      "  fish: pawl completion fish | source             in ~/.config/fish/config.fish");
  verb.on_call([shell, &app = program.app()] {
    const std::vector<Entry> verbs = verbs_of(app);
    put(stdout, *shell == "bash" ? bash(verbs) : *shell == "zsh" ? zsh(verbs) : fish(verbs));
    return static_cast<int>(kDone);
  });
}

}  // namespace pawl::cli
