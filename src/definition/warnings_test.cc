// A definition that reads what there is not, or waits for what cannot happen, is warned of with its place and the name
// that was meant; one that means what it says is not.
#include <gmock/gmock.h>

#include "pawl/definition.h"

#include "definition/warnings_testing.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Warnings, members_of_the_input_that_are_not_declared) {
  EXPECT_THAT(warnings_of_b("stdin: '${{ input.wo }}'"),
              ElementsAre("f.yaml:5:46: warning: tasks.b.stdin: input has no member \"wo\" (did you mean \"who\"?); it "
                          "is null unless a start gives it: declare it, `input: {wo: null}`"));
  EXPECT_THAT(warnings_of_b("when: input.anything"), SizeIs(1));
  EXPECT_THAT(warnings_of_b("stdin: '${{ input.db.hots }}'"), ElementsAre(HasSubstr("(did you mean \"host\"?)")));
  EXPECT_THAT(warnings_of_b("stdin: '${{ input.db.password }}'"), IsEmpty()) << "an input may bring more";
  EXPECT_THAT(warnings_of_b("stdin: '${{ input.who }} ${{ input.db.port }}'"), IsEmpty());
}

TEST(Warnings, nothing_is_known_of_an_input_that_is_not_declared) {
  EXPECT_THAT(warnings_of("name: x\ntasks: {a: {run: 'true', stdin: '${{ input.wo }}'}}\n"), IsEmpty());
}

TEST(Warnings, members_of_a_commands_result_that_are_misspelt) {
  EXPECT_THAT(
      warnings_of_b("stdin: '${{ tasks.a.result.stdot }}'"),
      ElementsAre(HasSubstr("5:46: warning: tasks.b.stdin: a command's result has stdout, stderr and exit_code, "
                            "unless it prints JSON; \"stdot\" is null (did you mean \"stdout\"?)")));
  EXPECT_THAT(warnings_of_b("stdin: '${{ tasks.a.result.rows }}'"), IsEmpty()) << "it may print JSON";
  EXPECT_THAT(warnings_of_b("stdin: '${{ tasks.a.result.stdout }}'"), IsEmpty());
  EXPECT_THAT(warnings_of("name: x\ntasks:\n  a: {module: test, function: echo, args: [1]}\n"
                          "output: {o: '${{ tasks.a.result.stdot }}'}\n"),
              IsEmpty())
      << "it is no command";
}

TEST(Warnings, members_of_tasks_and_the_workflow_that_there_are_not) {
  EXPECT_THAT(warnings_of_b("stdin: '${{ tasks.a.reslt }}'"), ElementsAre(HasSubstr("(did you mean \"result\"?)")));
  EXPECT_THAT(warnings_of_b("stdin: '${{ workflow.nam }}'"), ElementsAre(HasSubstr("(did you mean \"name\"?)")));
  EXPECT_THAT(warnings_of_b("stdin: '${{ tasks.a.error.mesage }}'", ", allow_failure: true"),
              ElementsAre(HasSubstr("(did you mean \"message\"?)")));
}

TEST(Warnings, the_details_of_an_error_stand_beside_its_code) {
  const auto warnings = [](std::string_view handler, std::string_view member) {
    return warnings_of("name: x\ntasks:\n  a: {" + std::string(handler) + ", allow_failure: true}\n" +
                       "output: {o: '${{ tasks.a.error." + std::string(member) + " }}'}\n");
  };
  for (const std::string_view handler : {"run: 'true'", "module: bank, function: pay"})
    EXPECT_THAT(warnings(handler, "details"), ElementsAre(HasSubstr("beside its code and message")));
  EXPECT_THAT(warnings("run: 'true'", "details.exit_code"), SizeIs(1));
  for (const std::string_view member : {"code", "message", "exit_code", "signal", "stderr", "stdout"})
    EXPECT_THAT(warnings("run: 'true'", member), IsEmpty()) << member;
  EXPECT_THAT(warnings("run: 'true'", "exit_cod"), ElementsAre(HasSubstr("(did you mean \"exit_code\"?)")));
  EXPECT_THAT(warnings("module: bank, function: pay", "mesage"), IsEmpty()) << "a program's errors have what it likes";
}

TEST(Warnings, conditions_that_can_never_hold) {
  EXPECT_THAT(warnings_of_b("when: tasks.a.state == \"failed\""),
              ElementsAre(HasSubstr("tasks.b.when: this is never true: when task \"a\" fails, task \"b\" does not run; "
                                    "`allow_failure: true` on task \"a\" lets it")));
  EXPECT_THAT(warnings_of_b("when: tasks.a.error"), ElementsAre(HasSubstr("this is always null")));
  EXPECT_THAT(warnings_of_b("when: \"'running' == tasks.a.state\""), ElementsAre(HasSubstr("has ended before")));
  EXPECT_THAT(warnings_of_b("when: tasks.a.state == 'faild'"), ElementsAre(HasSubstr("(did you mean \"failed\"?)")));
  EXPECT_THAT(warnings_of_b("when: tasks.a.state == \"failed\"", ", allow_failure: true"), IsEmpty());
  EXPECT_THAT(warnings_of_b("when: tasks.a.state ~= 'failed' and tasks.a.state == 'skipped'"), IsEmpty());
}

// c depends on b alone, and b on a: what a needs for c to see its failure is still a's.

TEST(Warnings, a_failure_is_seen_through_other_tasks_too) {
  const std::string text =
      "name: x\ntasks:\n  a: {run: 'true'ALLOW}\n  b: {run: 'true', dependencies: [a]}\n"
      "  c: {run: 'true', dependencies: [b], when: tasks.a.state == \"failed\"}\n";
  std::string allowed = text;
  EXPECT_THAT(warnings_of(std::string(text).replace(text.find("ALLOW"), 5, "")), SizeIs(1));
  EXPECT_THAT(warnings_of(allowed.replace(text.find("ALLOW"), 5, ", allow_failure: true")), IsEmpty());
}

TEST(Warnings, what_other_systems_call_the_result_of_a_task) {
  const std::pair<std::string, std::string> cases[] = {{"outputs", "result"},       {"output", "result"},
                                                       {"stdout", "result.stdout"}, {"exit_code", "result.exit_code"},
                                                       {"status", "state"},         {"conclusion", "state"}};
  for (const auto& [theirs, ours] : cases)
    EXPECT_THAT(warnings_of_b("stdin: '${{ tasks.a." + theirs + " }}'"),
                ElementsAre(HasSubstr("(write `tasks.a." + ours + "`)")))
        << theirs;
}

TEST(Warnings, places_as_other_systems_write_them_are_text) {
  const auto warned = [](const std::string& line) {
    std::vector<Warning> warnings;
    EXPECT_TRUE(
        read_definition("name: x\ntasks: {a: {run: [echo, '" + line + "']}}\n", "x.yaml", {.warnings = &warnings}));
    return warnings.empty() ? std::string() : describe_warning(warnings.front(), "x");
  };
  const std::string written = " is text; an expression is written `${{ input.x }}`, or `${{ tasks.a.result.x }}`";
  for (const std::string theirs : {"{{ inputs.x }}", "{{params.x}}", "${input.x}", "${workflow.input.x}",
                                   "$(params.who)", "{{ ti.xcom_pull }}", "{{item.name}}", "{{ steps[\"a\"].x }}"}) {
    EXPECT_TRUE(warned("a " + theirs + " b").contains(written)) << theirs << warned(theirs);
    EXPECT_TRUE(warned("a " + theirs + " b").starts_with("x:2:")) << theirs << warned(theirs);
  }
  for (const std::string no_place : {"${{ input.x }}", "{{.State}}", "{{json .}}", "{{range .items}}", "{{", "{{ input",
                                     "${input}", "{{ input }}", "${input:-x.y}"})
    EXPECT_EQ(warned(no_place), "") << no_place;
}

TEST(Warnings, variables_of_templates_are_text) {
  for (const char* const theirs : {"{{ ds }}", "{{ds_nodash}}", "{{ item }}", "{{ .WHO }}", "{{.X}}"}) {
    const std::string stdin_text = "stdin: 'x " + std::string(theirs) + "'";
    EXPECT_THAT(warnings_of_b(stdin_text), ElementsAre(HasSubstr("\"" + std::string(theirs) + "\" is text;")))
        << theirs;
  }
  // Programs have templates of their own.
  for (const char* const own : {"docker ps --format {{.ID}}", "{{.ID}}", "kubectl get -o go-template={{.X}}",
                                "git log {{ .Names }}", "an {{ items }}", "{{ range .X }}"})
    EXPECT_THAT(warnings_of_b("stdin: '" + std::string(own) + "'"), IsEmpty()) << own;
}

TEST(Warnings, the_files_of_github_are_not_there) {
  EXPECT_THAT(warnings_of_b("stdin: 'echo tag=1 >> $GITHUB_OUTPUT'"),
              ElementsAre(HasSubstr("\"$GITHUB_OUTPUT\" is not a file here: print JSON on standard output instead")));
  EXPECT_THAT(warnings_of_b("stdin: 'echo tag=1 >> \"${GITHUB_ENV}\"'"), SizeIs(1));
  EXPECT_THAT(warnings_of_b("stdin: '$GITHUB_SHA'"), IsEmpty());
}

TEST(Warnings, indices_begin_at_one) {
  EXPECT_THAT(
      warnings_of_b("stdin: '${{ input.who[0] }}'"),
      ElementsAre(HasSubstr("indices begin at 1: the first element is input.who[1], and input.who[0] is null")));
  EXPECT_THAT(warnings_of_b("stdin: '${{ #tasks[\"a\"].result.rows[0] }}'"),
              ElementsAre(HasSubstr("the first element is tasks[\"a\"].result.rows[1]")));
  EXPECT_THAT(warnings_of_b("stdin: '${{ input.who[1] }} ${{ ({1})[0] }}'"), IsEmpty());
}

// A shell says "unexpected end of file" of such a script.

TEST(Warnings, a_script_whose_lines_end_as_those_of_windows) {
  const std::string why = "the lines end with \\r\\n";
  EXPECT_THAT(warnings_of("name: x\ntasks: {a: {run: \"if true; then\\r\\n  ls\\r\\nfi\\r\\n\"}}\n"),
              ElementsAre(HasSubstr(why)));
  EXPECT_THAT(warnings_of(R"({"name": "x", "tasks": {"a": {"run": ["sh", "-c", "ls\r\npwd\r\n"]}}})"),
              ElementsAre(HasSubstr(why)));
  EXPECT_THAT(warnings_of(R"({"name": "x", "tasks": {"a": {"run": ["printf", "ls\r\n"]}}})"), IsEmpty());
  EXPECT_THAT(warnings_of("name: x\r\ntasks:\r\n  a:\r\n    run: |\r\n      ls\r\n      pwd\r\n"), IsEmpty())
      << "YAML makes line feeds of them";
}

TEST(Warnings, compensations_and_outputs_may_look_at_failures) {
  EXPECT_THAT(
      warnings_of("name: x\ntasks:\n  a: {run: 'true', compensation: {run: 'true', stdin: '${{ tasks.b.error }}'}}\n"
                  "  b: {run: 'false', dependencies: [a]}\n"),
      IsEmpty());
}

TEST(Warnings, are_also_given_of_definitions_made_in_code) {
  std::vector<Warning> warnings;
  WorkflowSpec spec{.name = "x", .input = {{"who", "world"}}};
  spec.tasks.push_back({.id = "a", .module = "m", .function = "f", .when = "input.wo"});
  ASSERT_TRUE(make_definition(spec, {.warnings = &warnings}));
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(warnings[0].field, "tasks.a.when");
  EXPECT_EQ(warnings[0].line, 0U);
}

TEST(Warnings, are_no_more_than_a_hundred) {
  std::string text = "name: x\ninput: {who: 1}\ntasks:\n";
  for (int i = 0; i < 300; ++i) text += "  t" + std::to_string(i) + ": {run: 'true', when: input.wo}\n";
  EXPECT_THAT(warnings_of(text), SizeIs(100));
}

TEST(CheckInput, names_members_that_are_not_declared) {
  const auto definition = read_definition("name: x\ninput: {who: world}\ntasks: {a: {run: 'true'}}\n");
  ASSERT_TRUE(definition);
  const std::vector<Warning> warnings = check_input(**definition, {{"wo", 1}, {"who", "2"}});
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(describe_warning(warnings[0], "--input"),
            "--input: warning: input.wo: the definition's input has no member \"wo\" (did you mean \"who\"?)");
  EXPECT_THAT(check_input(**definition, {{"who", nullptr}}), IsEmpty());
}

TEST(CheckInput, knows_nothing_of_an_input_that_is_not_declared) {
  const auto definition = read_definition("name: x\ntasks: {a: {run: 'true'}}\n");
  ASSERT_TRUE(definition);
  EXPECT_THAT(check_input(**definition, {{"wo", 1}}), IsEmpty());
}

TEST(Warnings, a_pasted_value_gets_a_variable_that_nobody_owns) {
  const auto of = [](const std::string& name, std::string_view env = "") {
    return warnings_of("name: x\ninput: {" + name + ": 1}\ntasks:\n  a:\n    run: echo ${{ input." + name + " }}\n" +
                       std::string(env));
  };
  for (const std::string name : {"ppid", "shellopts", "bash_env", "bashpid", "epochseconds", "srandom", "random",
                                 "seconds", "uid", "euid", "ifs", "path", "home", "pawl_attempt", "lineno"})
    EXPECT_THAT(of(name), ElementsAre(HasSubstr("\"$INPUT_"))) << name;
  EXPECT_THAT(of("who", "    env: {WHO: me}\n"), ElementsAre(HasSubstr("echo \"$INPUT_WHO\"\n")));
  EXPECT_THAT(of("who", "    env: {WHO: me, INPUT_WHO: x}\n"), ElementsAre(HasSubstr("echo \"$INPUT_WHO_2\"\n")));
}

TEST(Warnings, a_list_that_is_written_as_if_a_shell_read_it) {
  const auto of_run = [](std::string_view run) {
    return warnings_of("name: x\ntasks: {a: {run: " + std::string(run) + "}}\n");
  };
  EXPECT_THAT(
      of_run("[make test, make install]"),
      ElementsAre("f.yaml:2:19: warning: tasks.a.run[0]: there is hardly a program called \"make test\": a list "
                  "is one program with its arguments, without a shell; write a command line as `run: make "
                  "test`, and several as a script: `run: |` with a line for each"));
  EXPECT_THAT(of_run("['echo hi']"), ElementsAre(HasSubstr("called \"echo hi\"")));
  EXPECT_THAT(of_run("[echo, hi, '|', cat]"), ElementsAre(HasSubstr("\"echo\" gets the word \"|\" as an argument")));
  EXPECT_THAT(of_run("[make, '2>&1']"), SizeIs(1));
  for (const char* run : {"[make, test]", "[/opt/my tools/run, x]", "[grep, '|', f]", "[x, -d, '|', f]",
                          "[find, '>', x]", "['${{ input.program }}', x]", "[echo, a|b]"})
    EXPECT_THAT(of_run(run), IsEmpty()) << run;
}

TEST(Warnings, a_script_for_another_interpreter_than_the_one_that_runs_it) {
  const auto of_script = [](std::string_view first, std::string_view fields = "") {
    return warnings_of("name: x\ntasks:\n  a:\n    run: |\n      " + std::string(first) + "\n      print(1)\n" +
                       std::string(fields));
  };
  EXPECT_THAT(
      of_script("#!/usr/bin/env python3"),
      ElementsAre("f.yaml:4:10: warning: tasks.a.run: the first line names python3, and bash runs the script, for "
                  "which that line is a comment; write `shell: [python3, -c]`"));
  EXPECT_THAT(of_script("#!/usr/bin/env -S perl -w"), ElementsAre(HasSubstr("`shell: [perl, -e]`")));
  EXPECT_THAT(of_script("#! /bin/zsh", "    shell: sh\n"), ElementsAre(HasSubstr("and sh runs the script")));
  for (const char* line : {"#!/bin/sh", "#!/bin/bash -e", "#!/usr/bin/env bash", "# python3", "#!"})
    EXPECT_THAT(of_script(line), IsEmpty()) << line;
  EXPECT_THAT(of_script("#!/usr/bin/python3", "    shell: [python3, -c]\n"), IsEmpty());
}

TEST(Warnings, a_default_without_quotes_that_looks_like_a_text_and_is_a_number) {
  EXPECT_THAT(
      warnings_of("name: x\ninput: {mode: 0755, versions: [{go: 1.10}, 3.9, 1.0, 0, 0.5, 1e3, 0x1F, '0755']}\n"
                  "tasks: {a: {run: 'true'}}\n"),
      ElementsAre("f.yaml:2:15: warning: input.mode: 0755 is the number 755 here; put it in quotes if it is a text",
                  "f.yaml:2:37: warning: input.versions[0].go: 1.10 is the number 1.1 here; put it in quotes if "
                  "it is a text"));
}

TEST(Warnings, numbers_of_the_output_that_look_like_texts) {
  EXPECT_THAT(
      warnings_of("name: x\noutput: {a: 0755}\ntasks: {a: {run: 'true'}}\n"),
      ElementsAre("f.yaml:2:13: warning: output.a: 0755 is the number 755 here; put it in quotes if it is a text"));
}

}  // namespace
}  // namespace pawl
