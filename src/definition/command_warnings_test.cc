// What is said of values that are pasted into code, and of words that no shell reads.
#include <gmock/gmock.h>

#include "pawl/definition.h"

#include "definition/warnings_testing.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Warnings, variables_where_no_shell_reads_them) {
  const auto of = [](const std::string& fields) { return warnings_of("name: x\ntasks:\n  a:\n    " + fields + "\n"); };
  EXPECT_THAT(
      of("run: make\n    env: {PATH: '/opt/bin:$PATH'}"),
      ElementsAre("f.yaml:5:17: warning: tasks.a.env.PATH: no shell reads `env`, so $PATH is text there, and no "
                  "program is found by this PATH but in the folders that it names; write `run: export "
                  "PATH=\"/opt/bin:$PATH\"; make`"));
  EXPECT_THAT(of("run: make\n    env: {X: '${HOME}/bin'}"),
              ElementsAre(HasSubstr("${HOME} is text there; write `run: export X=\"${HOME}/bin\"; make`")));
  EXPECT_THAT(of("run: make\n    cwd: $HOME"), ElementsAre(HasSubstr("write the path, or `run: cd \"$HOME\"; make`")));
  EXPECT_THAT(of("run: [echo, $HOME, '$(date)']"), SizeIs(2));
  for (const char* const text :
       {"run: [awk, '{print $NF}']", "run: [sh, -c, 'echo $HOME']", "run: [envsubst, '$HOME']", "run: [grep, 'x$']",
        "run: [docker, exec, c, sh, -c, 'echo $HOME']", "run: [echo, 'a$b', '$1', '$X']", "run: echo $HOME",
        "run: make\n    env: {PASS: 'a$word'}"})
    EXPECT_THAT(of(text), IsEmpty()) << text;
}

TEST(Warnings, a_value_in_a_script_of_another_language_is_code_in_any_quotes) {
  const auto of_run = [](std::string_view run) {
    return warnings_of("name: x\ninput: {w: x, n: 1}\ntasks:\n  a:\n    run: " + std::string(run) + "\n");
  };
  EXPECT_THAT(of_run("python3 -c \"print('${{ input.w }}')\""),
              ElementsAre(HasSubstr("a value that is pasted into a script is code there, and python3 reads this one, "
                                    "whatever quotes stand around it; let it read the environment: python3 -c 'import "
                                    "os; print(os.environ[\"W\"])'\n    env: {W: \"${{ input.w }}\"}")));
  for (const auto& [run, advice] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"sh -c 'echo ${{ input.w }}'", "sh -c 'echo \"$1\"' sh \"$W\""},
           {"cd x && sudo bash -ec \"echo ${{ input.w }}\"", "sh -c 'echo \"$1\"' sh \"$W\""},
           {"ssh -p 22 host \"ls ${{ input.w }}\"", "ssh host 'read -r x; echo \"$x\"' <<< \"$W\""},
           {"awk -F x '/${{ input.w }}/' f", "ENVIRON[\"W\"]"},
           {"eval echo ${{ input.w }}", "leave `eval` out"},
           {"perl -e 'print \"${{ input.w }}\"'", "$ENV{W}"},
           {"node -e 'f(\"${{ input.w }}\")'", "process.env.W"},
           {"\"python3 - <<EOF\\nprint('${{ input.w }}')\\nEOF\"", "os.environ"},
           {"[python3, -c, 'print(${{ input.w }})']", "os.environ"},
           {"[ssh, host, 'ls ${{ input.w }}']", "stdin: \"${{ input.w }}\""},
           {"[ssh, host, ls, '${{ input.w }}']", "stdin: \"${{ input.w }}\""},
           {"[docker, exec, c, sh, -c, 'ls ${{ input.w }}']", "[sh, -c, 'echo \"$1\"', sh, \"${{ input.w }}\"]"}})
    EXPECT_THAT(of_run(run), ElementsAre(HasSubstr(advice))) << run;
  for (const char* const run : {"[ssh, '${{ input.w }}', ls]", "[python3, -c, '${{ input.w }}']",
                                "[python3, -c, 'print()', '${{ input.w }} x']", "[awk, '{print}', 'a${{ input.w }}']"})
    EXPECT_THAT(of_run(run), IsEmpty()) << run;
  EXPECT_THAT(of_run("awk -v 'x=${{ input.w }}' '{print}'"), ElementsAre(HasSubstr("pass it as a variable:")));
}

TEST(Warnings, the_shown_line_does_what_the_written_one_does) {
  const auto shown = [](std::string_view run) {
    const auto warnings =
        warnings_of("name: x\ninput: {w: x, n: 1, files: f, flags: ''}\ntasks:\n  a:\n    run: |\n      " +
                    std::string(run) + "\n");
    return warnings.size() == 1 ? warnings[0].substr(warnings[0].find("variable:") + 9) : std::string();
  };
  EXPECT_EQ(shown("for i in ${{ input.files }}; do x; done"),
            "\n    for i in $FILES; do x; done\n    (without quotes $FILES is split at spaces, and each word is a turn)"
            "\n    env: {FILES: \"${{ input.files }}\"}");
  EXPECT_EQ(
      shown("make ${{ input.flags }} all"),
      "\n    make \"$FLAGS\" all\n    (in quotes it is one word, even an empty one; $FLAGS without them is split at "
      "spaces)\n    env: {FLAGS: \"${{ input.flags }}\"}");
  EXPECT_EQ(shown("echo $((${{ input.n }} + 1)) \"a\""),
            "\n    echo $((N + 1)) \"a\"\n    (in arithmetic a variable is code, too, unless it can only be an integer)"
            "\n    env: {N: \"${{ math.tointeger(input.n) }}\"}");
  EXPECT_EQ(shown("[[ a =~ ${{ input.w }} ]]"), "\n    [[ a =~ $W ]]\n    env: {W: \"${{ input.w }}\"}");
  EXPECT_EQ(shown("echo \"$(ls ${{ input.w }})\" `ls ${{ input.w }}`"),
            "\n    echo \"$(ls \"$W\")\" `ls \"$W\"`\n    env: {W: \"${{ input.w }}\"}");
}

TEST(Warnings, a_value_pasted_into_a_shell_line) {
  EXPECT_THAT(warnings_of_b("env: {X: 1}, cwd: '${{ input.who }}'"), IsEmpty());
  const auto of_run = [](std::string_view run) {
    return warnings_of("name: x\ninput: {who: world, path: p, rows: 1}\ntasks:\n  a:\n    run: " + std::string(run) +
                       "\n");
  };
  EXPECT_THAT(
      of_run("echo Hello, ${{ input.who }}"),
      ElementsAre("f.yaml:5:10: warning: tasks.a.run: a value that is pasted into a shell line is code there; pass "
                  "it as a variable:\n    echo Hello, \"$WHO\"\n    env: {WHO: \"${{ input.who }}\"}"));
  EXPECT_THAT(
      of_run("'echo \"a ${{ input.who }}s ${{ input.path }}\" ''${{ input[\"rows\"] }}'' ${{ input.who }}'"),
      ElementsAre(HasSubstr("\n    echo \"a ${WHO}s $INPUT_PATH\" ''\"$ROWS\"'' \"$WHO\"\n    env: {WHO: \"${{ "
                            "input.who }}\", INPUT_PATH: \"${{ input.path }}\", ROWS: '${{ input[\"rows\"] }}'}")));
  EXPECT_THAT(
      of_run("|\n      set -u\n      echo ${{ input.who }}\n      ls\n      cat ${{ workflow.id .. input.who }}"),
      ElementsAre(HasSubstr("variable:\n    echo \"$WHO\"\n    cat \"$ID\"\n    env: ")));
  EXPECT_THAT(of_run("[sh, -ec, 'echo ${{ input.who }}', sh, '${{ input.who }}']"),
              ElementsAre(HasSubstr("5:20: warning: tasks.a.run[2]: a value that is pasted")));
  EXPECT_THAT(of_run("[sh, -c, 'echo \"$1\"', sh, '${{ input.who }}']"), IsEmpty());
  EXPECT_THAT(of_run("[echo, 'Hello, ${{ input.who }}']"), IsEmpty()) << "no shell reads it";
  EXPECT_THAT(of_run("'${{ input.who }}'"), IsEmpty()) << "the whole line is given on purpose";
  EXPECT_THAT(of_run("'true'\n    compensation: {run: 'rm ${{ input.who }}'}"),
              ElementsAre(HasSubstr("tasks.a.compensation.run: a value that is pasted")));
}

TEST(Warnings, a_pasted_value_where_the_right_lines_cannot_be_shown_is_told_in_words) {
  const auto of_run = [](std::string_view fields) {
    return warnings_of("name: x\ninput: {who: world, rows: [1], db: {host: h}}\ntasks:\n  a:\n" + std::string(fields));
  };
  EXPECT_THAT(of_run("    run: |\n      cat <<'END'\n      ${{ input.who }}\n      END\n"),
              ElementsAre(::testing::AllOf(HasSubstr("which a here-document fills in unless the word behind << is in "
                                                     "quotes:\n    env: {WHO: \"${{ input.who }}\"}"),
                                           ::testing::Not(HasSubstr("$WHO")))));
  EXPECT_THAT(of_run("    run: print('${{ input.who }}')\n    shell: [python3, -c]\n"),
              ElementsAre(::testing::AllOf(HasSubstr("let the script read that:\n    env: {WHO: "),
                                           ::testing::Not(HasSubstr("$WHO")))));
  EXPECT_THAT(of_run("    run: |\n      # it isn't quoted\n      echo ${{ input.who }}\n"),
              ElementsAre(HasSubstr("\n    echo \"$WHO\"\n")));
  for (const char* value : {"input.rows", "input.db", "tasks.a.result"})
    EXPECT_THAT(
        of_run("    run: 'true'\n  b:\n    dependencies: [a]\n    run: echo '${{ " + std::string(value) + " }}'\n"),
        ElementsAre(HasSubstr("pass it as standard input, `stdin: ${{ " + std::string(value) + " }}`")))
        << value;
  EXPECT_THAT(of_run("    run: 'true'\n  b:\n    dependencies: [a]\n    run: echo '${{ tasks.a.result.stdout }}'\n"),
              ElementsAre(HasSubstr("variable:")));
}

}  // namespace
}  // namespace pawl
