// `pawl graph`: what it draws is accepted by who reads it, whatever the tasks are called.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Ids that mean something in DOT, Mermaid or SVG.
constexpr const char* kAwkward =
    "name: 'a \"graph\" \\'\ntasks:\n"
    "  'say\"hi\"': {run: 'true', name: 'a <b> & \"c\" `d` #1'}\n"
    "  'a/b@c:d': {run: 'true', dependencies: ['say\"hi\"']}\n"
    "  'back\\slash\\': {run: 'true', dependencies: ['a/b@c:d'], when: 'true'}\n"
    "  end: {run: 'true', dependencies: ['back\\slash\\', \"caf\\xe9\"]}\n"
    "  \"caf\\xe9\": {run: 'true'}\n";

class CliGraph : public CliTest {
 protected:
  bool has_graphviz() const { return run_process({"sh", "-c", "command -v dot"}).exit_code == 0; }
};

TEST_F(CliGraph, dot_quotes_every_id_and_graphviz_reads_it) {
  const ProcessResult dot = pawl({"graph", flow(kAwkward), "--format", "dot"});
  EXPECT_EQ(dot.exit_code, 0) << dot.err;
  EXPECT_THAT(dot.out, AllOf(HasSubstr("\"say\\\"hi\\\"\" -> \"a/b@c:d\";"),
                             HasSubstr("\"a/b@c:d\" -> \"back\\\\slash\\\\\" [style=dashed];")));
  if (!has_graphviz()) GTEST_SKIP() << "graphviz is not installed";
  const ProcessResult plain = run_process({"dot", "-Tplain"}, {.cwd = {}, .stdin_text = dot.out});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(plain.err, "");
  std::size_t edges = 0;
  for (std::size_t at = plain.out.find("\nedge "); at != std::string::npos; at = plain.out.find("\nedge ", at + 1))
    ++edges;
  EXPECT_EQ(edges, 4U);
}

TEST_F(CliGraph, mermaid_escapes_every_label) {
  const ProcessResult result = pawl({"graph", flow(kAwkward)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "flowchart LR\n"
            "  t0[\"a #60;b#62; #38; #34;c#34; #96;d#96; #35;1\"]\n"
            "  t1[\"a/b@c:d\"]\n"
            "  t2[\"back\\slash\\\"]\n"
            "  t3[\"end\"]\n"
            "  t4[\"caf\xC3\xA9\"]\n"
            "  t0 --> t1\n"
            "  t1 -.-> t2\n"
            "  t2 --> t3\n"
            "  t4 --> t3\n");
}

TEST_F(CliGraph, svg_is_drawn_by_graphviz) {
  if (!has_graphviz()) GTEST_SKIP() << "graphviz is not installed";
  const ProcessResult result = pawl({"graph", flow(kAwkward), "--format", "svg"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, AllOf(HasSubstr("<svg "), HasSubstr("a &lt;b&gt; &amp; &quot;c&quot;"),
                                HasSubstr("back\\slash\\</text>"), HasSubstr("</svg>")));
}

TEST_F(CliGraph, without_graphviz_svg_is_refused_in_one_line) {
  const ProcessResult result = run_process(
      {"/usr/bin/env", "PATH=" + folder_.path().string(), PAWL_BINARY, "graph", flow(kAwkward), "--format", "svg"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "pawl: an SVG is drawn by graphviz, which is not installed: apt-get install graphviz, or use --format "
            "mermaid\n");
}

TEST_F(CliGraph, a_bad_definition_is_refused) {
  const std::string file = flow("name: x\n");
  expect_refused({"graph", file}, file + ":1:1: tasks: is missing; a workflow needs at least one task");
}

TEST_F(CliGraph, validate_shows_names_that_cannot_steer_the_terminal) {
  const std::string file = flow("name: \"a\\u202Eb\"\ntasks:\n  t: {run: 'true'}\n");
  const ProcessResult result = pawl({"validate", file});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(": ok: ab (1 tasks"));
}

}  // namespace
}  // namespace pawl::testing
