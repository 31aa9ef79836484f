#include "definition/pasted_values.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "definition/command_words.h"
#include "definition/inner_language.h"
#include "definition/shell_context.h"
#include "expression/expression.h"

namespace pawl::definition {
namespace {

constexpr std::string_view kOpen = "${{";
constexpr std::string_view kClose = "}}";
// Lines of a script that are shown as they should be.
constexpr std::size_t kLinesShown = 5;

bool is_of_variable(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Names that the shell or the system owns: assigned, they are ignored, or change how the command itself runs.
bool is_taken(std::string_view name) {
  static constexpr std::string_view kTaken[] = {"PATH",
                                                "HOME",
                                                "USER",
                                                "SHELL",
                                                "PWD",
                                                "OLDPWD",
                                                "IFS",
                                                "CDPATH",
                                                "LANG",
                                                "TERM",
                                                "UID",
                                                "EUID",
                                                "GID",
                                                "PPID",
                                                "ENV",
                                                "HOSTNAME",
                                                "HOSTTYPE",
                                                "OSTYPE",
                                                "TMPDIR",
                                                "PS1",
                                                "PS2",
                                                "PS3",
                                                "PS4",
                                                "OPTIND",
                                                "OPTARG",
                                                "OPTERR",
                                                "RANDOM",
                                                "SECONDS",
                                                "SRANDOM",
                                                "EPOCHSECONDS",
                                                "EPOCHREALTIME",
                                                "LINENO",
                                                "SHELLOPTS",
                                                "SHLVL",
                                                "FUNCNAME",
                                                "GROUPS",
                                                "DIRSTACK",
                                                "PIPESTATUS",
                                                "REPLY",
                                                "MACHTYPE",
                                                "HISTCMD",
                                                "COLUMNS",
                                                "LINES",
                                                "LOGNAME",
                                                "TZ",
                                                "MAIL",
                                                "EDITOR",
                                                "GLOBIGNORE",
                                                "POSIXLY_CORRECT",
                                                "TIMEFORMAT",
                                                "EXECIGNORE",
                                                "COPROC",
                                                "MAPFILE",
                                                "TMOUT"};
  static constexpr std::string_view kPrefixes[] = {"BASH", "PAWL_", "LC_", "LD_", "COMP_", "READLINE_"};
  return std::ranges::find(kTaken, name) != std::end(kTaken) ||
         std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string in_capitals(std::string_view word) {
  std::string name;
  for (const char c : word)
    name += is_of_variable(c) ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_';
  return name;
}

// A variable's name for what the expression reads: WHO of `input.who`, COUNT of `tasks.count.result`, and INPUT_PATH of
// `input.path`, for PATH is taken.
std::string variable_for(std::string_view expression, const std::vector<std::string_view>& env) {
  const std::vector<expression::Access> accesses = expression::find_accesses(expression);
  if (accesses.empty()) return expression == "attempt" ? "ATTEMPT" : "VALUE";
  const std::vector<std::string>& path = accesses.front().path;
  std::size_t last = path.size() - 1;
  while (last > 1 && (path[last] == "result" || path[last] == "stdout" || path[last] == "error")) --last;
  std::string name = in_capitals(path[last]);
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, "_");
  const bool is_free = !is_taken(name) && std::ranges::find(env, name) == env.end();
  return is_free ? name : fmt::format("{}_{}", in_capitals(path.front()), name);
}

// Whether the value of an expression may well be a list or an object, which no variable holds.
bool may_be_structure(std::string_view expression, const Json* input) {
  const std::vector<expression::Access> accesses = expression::find_accesses(expression);
  if (accesses.size() != 1 || !accesses.front().is_whole) return false;
  const std::vector<std::string>& path = accesses.front().path;
  if (path.front() == "tasks") return path.size() == 3 && path[2] != "state";
  if (path.front() != "input" || input == nullptr) return false;
  const Json* value = input;
  for (std::size_t i = 1; i < path.size() && value != nullptr; ++i)
    value = value->is_object() ? value->get_object().if_contains(path[i]) : nullptr;
  return value != nullptr && value->is_structured();
}

// FLAGS, OPTS, ARGS: several words, or none.
bool may_be_several(std::string_view name) {
  return name.ends_with('S') && !name.ends_with("SS") && !name.ends_with("US");
}

std::string is_inner_script(const InnerLanguage& language, std::string_view advice) {
  return fmt::format(
      "a value that is pasted into a script is code there, and {} reads this one, whatever quotes stand "
      "around it; {}",
      language.program, advice);
}

// Of a line with a here-document, the program that reads that as a script.
std::optional<InnerLanguage> language_of_document(std::string_view line) {
  const std::size_t document = line.find("<<");
  if (document == std::string_view::npos || line.substr(document).starts_with("<<<")) return std::nullopt;
  ShellContext context;
  context.read(line.substr(0, document));
  return language_of_input(context.words());
}

class Rewriter {
 public:
  Rewriter(std::string_view line, const std::vector<std::string_view>& env) : line_(line), env_(env) {}

  // The line with a variable in place of each value.
  std::string rewrite(const std::vector<std::string_view>& places) {
    std::string out;
    std::size_t done = 0;
    for (const std::string_view place : places) {
      const std::size_t open = line_.find(kOpen, done);
      const auto end = static_cast<std::size_t>(place.data() - line_.data()) + place.size();
      const std::string_view before = line_.substr(done, open - done);
      context_.read(before);
      out += before;
      done = line_.find(kClose, end) + kClose.size();
      const bool continues = done < line_.size() && is_of_variable(line_[done]);
      const bool is_alone = done == line_.size() || std::string_view(" \t\n;|&)").contains(line_[done]);
      out += written(name_of(place), place, continues, is_alone);
      context_.read_value();
      changed_.push_back(out.size());
    }
    out += line_.substr(done);
    return out;
  }

  // The program that reads one of the values as a script, and how it gets that.
  [[nodiscard]] const std::optional<std::string>& inner() const { return inner_; }
  // What the quotes change, or what they are not for.
  [[nodiscard]] const std::string& note() const { return note_; }

  // The lines of the rewritten text that have a variable in them.
  [[nodiscard]] std::string changed_lines(std::string_view text) const {
    std::string shown;
    std::size_t count = 0;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const bool is_changed = std::ranges::any_of(changed_, [&](std::size_t at) { return at > begin && at <= end; });
      if (is_changed && count++ < kLinesShown) {
        const std::string_view line = text.substr(begin, end - begin);
        shown += fmt::format("\n    {}", line.substr(std::min(line.find_first_not_of(" \t"), line.size())));
      }
      begin = end + 1;
    }
    if (count > kLinesShown) shown += fmt::format("\n    ... and {} lines more", count - kLinesShown);
    return shown;
  }

  // `{WHO: "${{ input.who }}"}`.
  [[nodiscard]] std::string env() const {
    std::string out;
    for (const auto& [written, name] : names_) {
      const bool is_integer = std::ranges::find(integers_, written) != integers_.end();
      const std::string expression = is_integer ? fmt::format("math.tointeger({})", written) : written;
      const bool has_quotes = expression.contains('"') || expression.contains('\\');
      std::string quoted = fmt::format("${{{{ {} }}}}", expression);
      if (has_quotes)
        for (std::size_t at = quoted.find('\''); at != std::string::npos; at = quoted.find('\'', at + 2))
          quoted.insert(at, 1, '\'');
      out += fmt::format("{}{}: {}{}{}", out.empty() ? "" : ", ", name, has_quotes ? '\'' : '"', quoted,
                         has_quotes ? '\'' : '"');
    }
    return fmt::format("{{{}}}", out);
  }

  // The name of the variable for a value.
  const std::string& name_of(std::string_view place) {
    for (const auto& [expression, name] : names_)
      if (expression == place) return name;
    const std::string base = variable_for(place, env_);
    std::string name = base;
    const auto is_used = [&] {
      return std::ranges::find(env_, name) != env_.end() ||
             std::ranges::any_of(names_, [&](const auto& known) { return known.second == name; });
    };
    for (int number = 2; is_used(); ++number) name = fmt::format("{}_{}", base, number);
    return names_.emplace_back(place, name).second;
  }

 private:
  // The variable as it stands in the line.
  std::string written(const std::string& name, std::string_view place, bool continues, bool is_alone) {
    const std::vector<std::string> words = context_.words();
    if (!inner_)
      if (const std::optional<InnerLanguage> language = inner_language(words))
        inner_ = is_inner_script(*language, advice_in_line(*language, name));
    if (context_.is_arithmetic()) {
      integers_.emplace_back(place);
      note_ = "\n    (in arithmetic a variable is code, too, unless it can only be an integer)";
      return name;
    }
    std::string bare = continues ? fmt::format("${{{}}}", name) : fmt::format("${}", name);
    const bool is_word = context_.quote() == 0 && is_alone && words.back().empty();
    if (is_word && words.size() > 1 && words[words.size() - 2] == "=~") return bare;
    if (is_word && words.size() > 3 && words[0] == "for" && words[2] == "in") {
      note_ = fmt::format("\n    (without quotes {} is split at spaces, and each word is a turn)", bare);
      return bare;
    }
    if (is_word && words.size() > 1 && may_be_several(name))
      note_ =
          fmt::format("\n    (in quotes it is one word, even an empty one; {} without them is split at spaces)", bare);
    if (context_.quote() == '"') return bare;
    return context_.quote() == 0 ? fmt::format("\"${}\"", name) : fmt::format("'\"${}\"'", name);
  }

  std::string_view line_;
  const std::vector<std::string_view>& env_;  // names that are taken
  ShellContext context_;
  std::optional<std::string> inner_;
  std::string note_;
  std::vector<std::string_view> integers_;  // expressions whose values are calculated with
  std::vector<std::size_t> changed_;        // where variables end in the text that was made
  std::vector<std::pair<std::string, std::string>> names_;
};

}  // namespace

std::optional<std::size_t> place_of_shell_line(std::string_view function, const boost::json::array& args) {
  if (function == "shell") return !args.empty() && args[0].is_string() ? std::optional<std::size_t>(0) : std::nullopt;
  if (args.size() < 3 || !args[0].is_string() || !is_shell(args[0].get_string())) return std::nullopt;
  for (std::size_t i = 1; i + 1 < args.size() && args[i].is_string(); ++i) {
    const std::string_view option = args[i].get_string();
    if (option.starts_with('-') && !option.starts_with("--") && option.ends_with('c'))
      return args[i + 1].is_string() ? std::optional(i + 1) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> find_pasted_values(const PastedLine& pasted) {
  const std::string_view line = pasted.line;
  if (!expression::has_places(line)) return std::nullopt;
  const Result<std::vector<std::string_view>> places = expression::find_places(line);
  if (!places || places->empty()) return std::nullopt;
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  if (places->size() == 1 && line.substr(first).starts_with(kOpen) && expression::strip_place(line))
    return std::nullopt;
  const auto structure =
      std::ranges::find_if(*places, [&](std::string_view place) { return may_be_structure(place, pasted.input); });
  if (structure != places->end())
    return fmt::format(
        "a value that is pasted into a line is code there, and {0} may be a list or an object, which no variable "
        "holds: "
        "pass it as standard input, `stdin: ${{{{ {0} }}}}`, and the others in `env`",
        *structure);
  Rewriter rewriter(line, pasted.env);
  const std::string rewritten = rewriter.rewrite(*places);
  if (!is_shell(pasted.shell))
    return fmt::format(
        "a value that is pasted into a script is code there; pass it as a variable of the environment, and let the "
        "script read that:\n    env: {}",
        rewriter.env());
  if (rewriter.inner()) return fmt::format("{}\n    env: {}", *rewriter.inner(), rewriter.env());
  if (const std::optional<InnerLanguage> language = language_of_document(line))
    return fmt::format("{}\n    env: {}",
                       is_inner_script(*language, advice_in_line(*language, rewriter.name_of(places->front()))),
                       rewriter.env());
  if (line.contains("<<"))
    return fmt::format(
        "a value that is pasted into a shell line is code there; pass it as a variable, which a here-document fills in "
        "unless the word behind << is in quotes:\n    env: {}",
        rewriter.env());
  return fmt::format("a value that is pasted into a shell line is code there; pass it as a variable:{}{}\n    env: {}",
                     rewriter.changed_lines(rewritten), rewriter.note(), rewriter.env());
}

std::optional<std::string> find_inner_script(const boost::json::array& args, std::size_t place,
                                             const std::vector<std::string_view>& env) {
  if (!args[place].is_string()) return std::nullopt;
  const std::string_view text = args[place].get_string();
  if (!expression::has_places(text)) return std::nullopt;
  const Result<std::vector<std::string_view>> places = expression::find_places(text);
  if (!places || places->empty()) return std::nullopt;
  std::vector<std::string> words;
  for (std::size_t i = 0; i <= place; ++i)
    words.emplace_back(args[i].is_string() ? std::string_view(args[i].get_string()) : std::string_view());
  const std::optional<InnerLanguage> language = inner_language(words);
  const bool is_all = places->size() == 1 && text.starts_with(kOpen) && expression::strip_place(text);
  if (!language || (is_all && language->program != "ssh")) return std::nullopt;
  Rewriter rewriter(text, env);
  rewriter.rewrite(*places);
  const std::string_view first = places->front();
  const std::string advice = advice_in_list(*language, rewriter.name_of(first), first);
  const bool needs_env = advice.find(first) == std::string::npos;
  return is_inner_script(*language, advice) + (needs_env ? "\n    env: " + rewriter.env() : std::string());
}

}  // namespace pawl::definition
