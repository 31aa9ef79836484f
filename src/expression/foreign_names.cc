#include "expression/foreign_names.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "expression/expression.h"

namespace pawl::expression {
namespace {

using Words = std::string_view;  // separated by spaces

bool has_word(Words words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == wanted) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

// What `input` is elsewhere.
constexpr Words kInputWords =
    "inputs params param parameters parameter vars var variables args arguments conf config values payload context ctx";
// What `tasks` is.
constexpr Words kTaskWords = "steps step jobs job needs nodes node stages stage task activities results";
// The members of those that are `result`, and those that are `state`.
constexpr Words kResultWords = "outputs output result results parameters xcom value return_value";
constexpr Words kStateWords = "status state conclusion outcome phase";

struct ForeignName {
  Words words;
  std::string_view advice;
};

constexpr ForeignName kOthers[] = {
    {"outputs output result", "write `tasks.ID.result`, with the task's id"},
    {"env environ ENV environment getenv",
     "expressions do not see the environment; a command does, as $NAME, and `pawl run --input` passes values on to "
     "`input`"},
    {"secrets secret credentials conn",
     "Pawl keeps no secrets; a command reads them from the environment that pawl was started in, as $NAME"},
    {"run_id dag_run dag ti task_instance execution workflow_id workflow_run run", "write `workflow.id`"},
    {"ds ts execution_date logical_date data_interval_start now date time today macros clock os",
     "expressions have no clock; pass the time in, `input.date`"},
    {"github gitlab runner matrix strategy ci forgejo gitea",
     "there is no such context; what it would say is passed in, `input.name`"},
    {"always failure cancelled failed on_failure all_done one_failed all_failed none_failed",
     "a task runs when what it depends on has ended well, or has failed and has `allow_failure: true`, which "
     "`tasks.ID.state == \"failed\"` tells, and in spite of which the workflow completes; to tell of a failure write "
     "`pawl run FILE || ./notify`"},
    {"success on_success all_success", "leave it out: a task runs when what it depends on has ended well"},
    {"manual", "a person stops a workflow by `pawl pause ID`, and continues it by `pawl resume ID`"},
    {"never", "write `when: false`"},
    {"contains includes", "write `string.find(text, part, 1, true) ~= nil`"},
    {"startsWith startswith hasPrefix", "write `string.sub(text, 1, #part) == part`"},
    {"endsWith endswith hasSuffix", "write `string.sub(text, -#part) == part`"},
    {"format sprintf printf", "write `string.format(\"%s\", value)`"},
    {"join", "write `table.concat(list, \", \")`"},
    {"fromJSON fromJson toJSON toJson tojson json parseJson",
     "values are JSON already, with their members: `tasks.ID.result.rows`"},
    {"len length size count", "write `#list`"},
    {"int float Number parseInt parseFloat", "write `tonumber(text)`"},
    {"str String toString", "write `tostring(value)`"},
    {"round abs min max floor ceil", "write `math.floor(x + 0.5)`, `math.abs(x)`, `math.max(a, b)` and their kin"},
    {"strip chomp", "write `trim(text)`"},
    {"upper lower toUpper toLower replace", "write `string.upper(text)`, `string.lower(text)`, `string.gsub(...)`"},
    {"None none NULL Null undefined", "write `nil`"},
    {"True TRUE yes on", "write `true`"},
    {"False FALSE no off", "write `false`"},
};

// The names that follow by `.name` or `["name"]`.
std::vector<std::string_view> members_behind(const std::vector<Token>& tokens, std::size_t at) {
  std::vector<std::string_view> members;
  const auto is = [&](std::size_t i, TokenKind kind, std::string_view text) {
    return i < tokens.size() && tokens[i].kind == kind && (text.empty() || tokens[i].text == text);
  };
  for (std::size_t i = at + 1;;) {
    if (is(i, TokenKind::symbol, ".") && is(i + 1, TokenKind::name, "")) {
      members.push_back(tokens[i + 1].text);
      i += 2;
    } else if (is(i, TokenKind::symbol, "[") && is(i + 1, TokenKind::string, "") && is(i + 2, TokenKind::symbol, "]")) {
      members.push_back(tokens[i + 1].text);
      i += 3;
    } else {
      return members;
    }
  }
}

std::string chain(std::string root, std::span<const std::string_view> members) {
  std::vector<std::string> path{std::move(root)};
  path.insert(path.end(), members.begin(), members.end());
  return written_path(path, path.size());
}

// `steps.a.outputs.b`, `needs.a.result`, `task.result.b` and their kin.
std::string task_chain(std::string_view root, std::vector<std::string_view> members) {
  if (members.empty()) return "tasks.ID.result";
  // Where there is only one `task`, or `step`, no id is told.
  const bool has_no_id = has_word(kResultWords, members.front()) || has_word(kStateWords, members.front());
  if (has_no_id) members.insert(members.begin(), "ID");
  if (members.size() == 1) return chain("tasks", members);
  // What GitHub calls the result of a job is how it ended.
  if ((root == "needs" || root == "jobs") && members.size() == 2 && members[1] == "result") members[1] = "state";
  if (has_word(kResultWords, members[1])) members[1] = "result";
  if (has_word(kStateWords, members[1])) members[1] = "state";
  if (members[1] != "result" && members[1] != "state" && members[1] != "error")
    members.insert(members.begin() + 1, "result");
  // Argo has one more word in between: `outputs.parameters.b`.
  if (members.size() > 3 && members[1] == "result" && members[2] == "parameters") members.erase(members.begin() + 2);
  return chain("tasks", members);
}

}  // namespace

std::string pulled_result(const std::vector<Token>& tokens, std::size_t at) {
  for (std::size_t i = at; i < tokens.size() && tokens[i].text != ")"; ++i)
    if (tokens[i].kind == TokenKind::string)
      return chain("tasks", std::vector<std::string_view>{tokens[i].text, "result"});
  return "tasks.ID.result";
}

std::string foreign_name_hint(const std::vector<Token>& tokens, std::size_t at) {
  const std::string& name = tokens[at].text;
  std::vector<std::string_view> members = members_behind(tokens, at);
  if (has_word(kInputWords, name)) {
    if (members.empty()) members.emplace_back("NAME");
    return fmt::format(" (write `{}`)", chain("input", members));
  }
  if (has_word(kTaskWords, name)) return fmt::format(" (write `{}`)", task_chain(name, std::move(members)));
  if (!members.empty() && members.front() == "xcom_pull")
    return fmt::format(" (write `{}`)", pulled_result(tokens, at));
  const std::string_view wanted = name == "os" && !members.empty() ? members.front() : std::string_view(name);
  for (const ForeignName& other : kOthers)
    if (has_word(other.words, wanted)) return fmt::format(" ({})", other.advice);
  return {};
}

std::string foreign_member_hint(std::string_view task, std::string_view member, std::string otherwise) {
  constexpr Words kOfCommand = "stdout stderr exit_code";
  if (!has_word(kResultWords, member) && !has_word(kStateWords, member) && !has_word(kOfCommand, member))
    return otherwise;
  return fmt::format(" (write `{}`)", task_chain("tasks", {task, member}));
}

std::string foreign_method_hint(std::string_view object, std::string_view method) {
  constexpr std::pair<Words, std::string_view> kMethods[] = {
      {"startsWith startswith hasPrefix", "string.sub({0}, 1, #part) == part"},
      {"endsWith endswith hasSuffix", "string.sub({0}, -#part) == part"},
      {"contains includes find indexOf", "string.find({0}, part, 1, true) ~= nil"},
      {"upper toUpper toUpperCase", "string.upper({0})"},
      {"lower toLower toLowerCase", "string.lower({0})"},
      {"trim strip", "trim({0})"},
      {"match matches test", "string.match({0}, \"^[a-z]+$\") ~= nil"},
      {"join", "table.concat({0}, \", \")"},
      {"length len size count", "#{0}"},
  };
  for (const auto& [words, ours] : kMethods)
    if (has_word(words, method)) return fmt::format("write `{}`", fmt::format(fmt::runtime(ours), object));
  return fmt::format("those of texts are called by `string.NAME({})`", object);
}

std::pair<std::string_view, std::string_view> find_lua_class(std::string_view expression) {
  constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
      {"%a", "[A-Za-z]"}, {"%d", "[0-9]"},       {"%s", "[[:space:]]"}, {"%w", "[A-Za-z0-9]"}, {"%l", "[a-z]"},
      {"%u", "[A-Z]"},    {"%x", "[0-9A-Fa-f]"}, {"%p", "[[:punct:]]"}, {"%.", "[.]"}};
  const std::vector<Token> tokens = tokenize(expression);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!has_word("match find gmatch gsub", tokens[i].text) || tokens[i].kind != TokenKind::name) continue;
    std::string_view pattern;
    bool is_plain = false;
    for (std::size_t at = i + 1; at < tokens.size() && tokens[at].text != ")"; ++at) {
      if (tokens[at].kind == TokenKind::string && pattern.empty()) pattern = tokens[at].text;
      is_plain |= tokens[at].kind == TokenKind::name && tokens[at].text == "true";
    }
    for (const auto& found : kClasses)
      if (!is_plain && pattern.contains(found.first)) return found;
  }
  return {};
}

std::string foreign_mark_hint(std::string_view expression) {
  const std::size_t first = std::min(expression.find_first_not_of(" \t\n"), expression.size());
  if (expression.substr(first).starts_with("{{"))
    return " (write `input.x` for `{{ x }}`; only inside of a text it is `${{ input.x }}`)";
  for (std::size_t i = 0; i < expression.size();) {
    if (expression[i] == '$') return " (write `input.x` for `$x`; the environment is not seen here)";
    const std::size_t end = skip_string_or_comment(expression, i);
    i = end == i ? i + 1 : end;
  }
  return {};
}

}  // namespace pawl::expression
