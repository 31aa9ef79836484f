#include "definition/inner_language.h"

#include <algorithm>

#include <fmt/format.h>

#include "definition/command_words.h"

namespace pawl::definition {
namespace {

// Which argument is the script.
enum class Takes : std::uint8_t {
  behind_option,  // that behind the option, a group of letters that ends with one of `letters`
  first_word,     // the first one that is no option
  behind_host,    // all behind the first one that is no option
  all,
};

struct Reader {
  std::string_view names;  // separated by spaces
  Takes takes;
  std::string_view letters;       // of that option; else of those that take a value
  std::string_view advice;        // `{0}` is the name of a variable
  std::string_view in_list = {};  // the same in a list, which no shell reads: `{0}` is the expression
};

constexpr Reader kReaders[] = {
    {"python python2 python3 pypy pypy3", Takes::behind_option, "c",
     "let it read the environment: python3 -c 'import os; print(os.environ[\"{0}\"])'"},
    {"perl", Takes::behind_option, "eE", "let it read the environment: perl -e 'print $ENV{{{0}}}'"},
    {"ruby", Takes::behind_option, "e", "let it read the environment: ruby -e 'puts ENV[\"{0}\"]'"},
    {"node nodejs bun", Takes::behind_option, "ep",
     "let it read the environment: node -e 'console.log(process.env.{0})'"},
    {"php", Takes::behind_option, "r", "let it read the environment: php -r 'echo getenv(\"{0}\");'"},
    {"lua", Takes::behind_option, "e", "let it read the environment: lua -e 'print(os.getenv(\"{0}\"))'"},
    {"Rscript R", Takes::behind_option, "e", "let it read the environment: Rscript -e 'cat(Sys.getenv(\"{0}\"))'"},
    {"sh bash dash ash ksh mksh zsh su", Takes::behind_option, "c",
     "give it as an argument: sh -c 'echo \"$1\"' sh \"${0}\"",
     "give it as an argument: [sh, -c, 'echo \"$1\"', sh, \"${{{{ {0} }}}}\"]"},
    {"psql", Takes::behind_option, "c", "give it as a variable: psql -v x=\"${0}\" <<< \"select :'x'\"",
     "give it as a variable, with the query as `stdin`: [psql, -v, \"x=${{{{ {0} }}}}\"]"},
    {"mysql mariadb", Takes::behind_option, "e", "check it before: [[ ${0} =~ ^[a-z0-9]+$ ]]"},
    {"awk gawk mawk nawk", Takes::first_word, "vF",
     "let it read the environment: awk 'BEGIN {{ print ENVIRON[\"{0}\"] }}'"},
    {"jq", Takes::first_word, "", "let it read the environment: jq -n '$ENV.{0}'"},
    {"ssh", Takes::behind_host, "BbcDEeFIiJLlmOopQRSWw",
     "let it read standard input: ssh host 'read -r x; echo \"$x\"' <<< \"${0}\"",
     "let it read standard input: run: [ssh, host, 'read -r x; echo \"$x\"'], stdin: \"${{{{ {0} }}}}\""},
    {"eval", Takes::all, "", "leave `eval` out"},
};

bool has_program(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == wanted) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

bool is_dashed(std::string_view word) { return word.size() > 1 && word.front() == '-'; }
bool is_group(std::string_view word) { return is_dashed(word) && word[1] != '-'; }

// How many words behind the option at the front are its values.
std::size_t values_of(std::string_view option, const Reader& reader) {
  if (option == "--arg" || option == "--argjson" || option == "--slurpfile" || option == "--rawfile") return 2;
  return option.size() == 2 && reader.letters.contains(option[1]) ? 1 : 0;
}

// The first word of `rest` that is no option; its size if there is none, or if the script is in a file.
std::size_t first_word(std::span<const std::string> rest, const Reader& reader) {
  std::size_t i = 0;
  while (i < rest.size() && is_dashed(rest[i])) {
    if (reader.takes == Takes::first_word && rest[i] == "-f") return rest.size();
    i += 1 + values_of(rest[i], reader);
  }
  return i;
}

// Whether the last of the words behind the program is a script.
bool is_script(std::span<const std::string> rest, const Reader& reader) {
  const std::size_t last = rest.size() - 1;
  switch (reader.takes) {
    case Takes::behind_option:
      return last > 0 && is_group(rest[last - 1]) && reader.letters.contains(rest[last - 1].back());
    case Takes::first_word:
      return first_word(rest, reader) == last;
    case Takes::behind_host:
      return first_word(rest, reader) < last;
    case Takes::all:
      return true;
  }
  return false;
}

const Reader* find_reader(std::string_view program) {
  const auto found =
      std::ranges::find_if(kReaders, [&](const Reader& reader) { return has_program(reader.names, program); });
  return found == std::end(kReaders) ? nullptr : &*found;
}

}  // namespace

std::optional<InnerLanguage> inner_language(std::span<const std::string> words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string_view program = program_name(words[i]);
    const Reader* const reader = find_reader(program);
    if (reader != nullptr && is_script(words.subspan(i + 1), *reader))
      return InnerLanguage{.program = std::string(program), .advice = reader->advice, .in_list = reader->in_list};
  }
  return std::nullopt;
}

std::optional<InnerLanguage> language_of_input(std::span<const std::string> words) {
  for (const std::string& word : words) {
    const std::string_view program = program_name(word);
    const Reader* const reader = find_reader(program);
    if (reader != nullptr && reader->takes != Takes::first_word && reader->takes != Takes::all)
      return InnerLanguage{.program = std::string(program), .advice = reader->advice, .in_list = reader->in_list};
  }
  return std::nullopt;
}

std::string advice_in_line(const InnerLanguage& language, std::string_view variable) {
  return fmt::format(fmt::runtime(language.advice), variable);
}

std::string advice_in_list(const InnerLanguage& language, std::string_view variable, std::string_view expression) {
  return language.in_list.empty() ? advice_in_line(language, variable)
                                  : fmt::format(fmt::runtime(language.in_list), expression);
}

}  // namespace pawl::definition
