// pawl graph FILE --format dot|mermaid|svg
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pawl/definition.h"

#include "cli/cli.h"
#include "cli/definition_file.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

constexpr int kCommandNotFound = 127;  // what shells exit with

// Text inside double quotes of DOT.
std::string dot_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Text inside a quoted Mermaid label, where characters are escaped by number.
std::string mermaid_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '#' || c == '<' || c == '>' || c == '&' || c == '`') {
      out += fmt::format("#{};", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string handler_of(const Definition& definition, TaskIndex task) {
  const HandlerName& handler = definition.handler(task);
  return handler.module + "." + handler.function;
}

std::string to_dot(const Definition& definition) {
  std::string out =
      fmt::format("digraph {} {{\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
                  dot_quoted(definition.name()));
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const std::string label = fmt::format("{}\n{}", definition.task_name(task), handler_of(definition, task));
    out += fmt::format("  {} [label={}];\n", dot_quoted(definition.task_id(task)), dot_quoted(label));
  }
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    for (const TaskIndex dependency : definition.dependencies(task))
      out += fmt::format("  {} -> {}{};\n", dot_quoted(definition.task_id(dependency)),
                         dot_quoted(definition.task_id(task)), definition.when(task).empty() ? "" : " [style=dashed]");
  return out + "}\n";
}

std::string to_mermaid(const Definition& definition) {
  std::string out = "flowchart LR\n";
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    out += fmt::format("  t{}[{}]\n", task, mermaid_quoted(definition.task_name(task)));
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    for (const TaskIndex dependency : definition.dependencies(task))
      out += fmt::format("  t{} {} t{}\n", dependency, definition.when(task).empty() ? "-->" : "-.->", task);
  return out;
}

// What graphviz makes of `dot`, and its exit code (kCommandNotFound: there is none).
struct Drawing {
  std::string svg;
  int exit_code = -1;
};

// Graphviz reads the graph from a file in memory, which has no size that a pipe between two waiting ends would have.
Drawing draw(std::string_view dot) {
  Drawing drawing;
  const int file = ::memfd_create("graph", 0);  // inherited by what is started
  if (file < 0) return drawing;
  const bool written = ::write(file, dot.data(), dot.size()) == static_cast<ssize_t>(dot.size());
  const std::string command =
      fmt::format("command -v dot >/dev/null || exit {}; exec dot -Tsvg /proc/self/fd/{}", kCommandNotFound, file);
  std::FILE* const graphviz = written ? ::popen(command.c_str(), "r") : nullptr;
  if (graphviz != nullptr) {
    char piece[65'536];
    while (const std::size_t got = std::fread(piece, 1, sizeof(piece), graphviz)) drawing.svg.append(piece, got);
    const int status = ::pclose(graphviz);
    if (WIFEXITED(status)) drawing.exit_code = WEXITSTATUS(status);
  }
  ::close(file);
  return drawing;
}

int print_svg(const Definition& definition) {
  const Drawing drawing = draw(to_dot(definition));
  if (drawing.exit_code == kCommandNotFound)
    return report({.code = ErrorCode::unavailable,
                   .message = "an SVG is drawn by graphviz, which is not installed: apt-get install graphviz, or use "
                              "--format mermaid"});
  if (drawing.exit_code != 0) return report({.code = ErrorCode::unavailable, .message = "graphviz (dot) failed"});
  put(stdout, drawing.svg);
  return kDone;
}

int graph(const std::string& file, const std::string& format) {
  const Result<DefinitionPtr> definition = read_definition_argument(file);
  if (!definition) return report(definition.error(), shown_name(file));
  if (format == "svg") return print_svg(**definition);
  const std::string text = format == "dot" ? to_dot(**definition) : to_mermaid(**definition);
  put(stdout, text);
  return kDone;
}

}  // namespace

void add_graph(Verb& program) {
  Verb verb = program.add_verb("graph", "Draw a definition: dot, mermaid or svg");
  const auto file = std::make_shared<std::string>();
  const auto format = std::make_shared<std::string>("mermaid");
  verb.add("FILE", *file, "A definition, YAML or JSON; - for standard input").required();
  verb.add("--format", *format, "What to draw it as; svg needs graphviz")
      .one_of({"dot", "mermaid", "svg"})
      .shows_default();
  verb.teaches(
      "Edges into tasks with a condition are dashed.\n\n  pawl graph flow.yaml --format svg > flow.svg\n"
      "  pawl graph flow.yaml --format dot | dot -Tpng > flow.png");
  verb.on_call([file, format] { return graph(*file, *format); });
}

}  // namespace pawl::cli
