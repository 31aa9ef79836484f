// What people write in expressions who know another workflow system.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "expression/expression.h"

namespace pawl::expression {
namespace {

std::string refusal(const std::string& expression) {
  const auto analysed = analyse(expression);
  return analysed ? "accepted" : analysed.error().message;
}

TEST(ForeignNames, are_told_as_they_are_written_here) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"inputs.who", "input.who"},
      {"params.a.b", "input.a.b"},
      {"vars[\"a-b\"]", "input[\"a-b\"]"},
      {"inputs", "input.NAME"},
      {"steps.a.outputs.b", "tasks.a.result.b"},
      {"steps.a.outputs.parameters.b", "tasks.a.result.b"},
      {"steps[\"a-b\"].outputs.x", "tasks[\"a-b\"].result.x"},
      {"steps.a.conclusion == \"success\"", "tasks.a.state"},
      {"steps.a.stdout", "tasks.a.result.stdout"},
      {"needs.build.result == \"success\"", "tasks.build.state"},
      {"needs.build.outputs.tag", "tasks.build.result.tag"},
      {"jobs.build.status", "tasks.build.state"},
      {"nodes.a.result", "tasks.a.result"},
      {"task.result.x", "tasks.ID.result.x"},
      {"steps", "tasks.ID.result"},
      {"ti.xcom_pull('a')", "tasks.a.result"},
      {"task_instance.xcom_pull(\"a-b\").x", "tasks[\"a-b\"].result"},
  };
  for (const auto& [theirs, ours] : cases) {
    const std::string message = refusal(theirs);
    EXPECT_TRUE(message.contains(" (write `" + ours + "`)")) << theirs << ": " << message;
    EXPECT_EQ(refusal(ours), "accepted");
  }
}

TEST(ForeignNames, without_a_counterpart_get_what_to_do_instead) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"env.HOME == \"x\"", "do not see the environment"},
      {"os.getenv('HOME')", "do not see the environment"},
      {"os.environ['HOME']", "do not see the environment"},
      {"os.time()", "no clock"},
      {"secrets.TOKEN", "keeps no secrets"},
      {"always()", "in spite of which the workflow completes"},
      {"failure()", "pawl run FILE || ./notify"},
      {"on_failure", "pawl run FILE || ./notify"},
      {"success()", "leave it out"},
      {"on_success", "leave it out"},
      {"manual", "pawl pause ID"},
      {"never", "`when: false`"},
      {"contains(input.x, \"y\")", "string.find"},
      {"fromJSON(input.x).y", "JSON already"},
      {"github.ref == \"x\"", "passed in, `input.name`"},
      {"len(input.x) > 3", "write `#list`"},
      {"None", "write `nil`"},
      {"ds", "no clock"},
      {"dag_run.conf.x", "write `workflow.id`"},
  };
  for (const auto& [theirs, part] : cases) EXPECT_TRUE(refusal(theirs).contains(part)) << theirs << refusal(theirs);
}

TEST(ForeignNames, own_names_and_typos_are_left_to_the_rest) {
  EXPECT_TRUE(refusal("inptu.x").contains("(did you mean \"input\"?)")) << refusal("inptu.x");
  EXPECT_EQ(analyse("task.result.id", Place::compensation).has_value(), true);
  EXPECT_EQ(refusal("(function() local inputs = input; return inputs.x end)()"), "accepted");
}

TEST(ForeignNames, marks_of_shells_and_templates_are_explained) {
  EXPECT_TRUE(refusal("$DEPLOY == \"yes\"").ends_with(" (write `input.x` for `$x`; the environment is not seen here)"));
  EXPECT_TRUE(refusal("{{ inputs.x y }}").contains("(write `input.x` for `{{ x }}`;"));
  EXPECT_FALSE(refusal("\"$x\" == == 1").contains("(write"));
}

}  // namespace
}  // namespace pawl::expression
