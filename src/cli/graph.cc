// pawl graph FILE --format dot|mermaid|svg
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/wait.h>

#include "pawl/definition.h"

#include "cli/cli.h"

namespace pawl::cli {
namespace {

constexpr int kCommandNotFound = 127;  // what a shell exits with

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
    if (c == '"' || c == '#' || c == '<' || c == '>' || c == '&') {
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

// Graphviz draws; its output goes where ours does.
int print_svg(const Definition& definition) {
  const std::string dot = to_dot(definition);
  std::fflush(stdout);
  std::FILE* const graphviz = ::popen("dot -Tsvg", "w");
  if (graphviz == nullptr) return report({.code = ErrorCode::unavailable, .message = "cannot start graphviz (dot)"});
  std::fwrite(dot.data(), 1, dot.size(), graphviz);
  const int status = ::pclose(graphviz);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return kDone;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kCommandNotFound)
    return report({.code = ErrorCode::unavailable,
                   .message = "an SVG is drawn by graphviz, which is not installed: apt-get install graphviz, or use "
                              "--format mermaid"});
  return report({.code = ErrorCode::unavailable, .message = "graphviz (dot) failed"});
}

int graph(const std::string& file, const std::string& format) {
  const Result<DefinitionPtr> definition = read_definition_file(file);
  if (!definition) return report(definition.error(), file);
  if (format == "svg") return print_svg(**definition);
  const std::string text = format == "dot" ? to_dot(**definition) : to_mermaid(**definition);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kDone;
}

}  // namespace

void add_graph(CLI::App& app, Action& action) {
  auto* const verb = app.add_subcommand("graph", "Draw a definition: dot, mermaid or svg");
  const auto file = std::make_shared<std::string>();
  const auto format = std::make_shared<std::string>("mermaid");
  verb->add_option("FILE", *file, "A definition, YAML or JSON")->required();
  verb->add_option("--format", *format, "What to draw it as; svg needs graphviz")
      ->check(CLI::IsMember({"dot", "mermaid", "svg"}))
      ->capture_default_str();
  verb->footer(
      "Edges into tasks with a condition are dashed.\n\n  pawl graph flow.yaml --format svg > flow.svg\n"
      "  pawl graph flow.yaml --format dot | dot -Tpng > flow.png");
  verb->callback([file, format, &action] { action = [file, format] { return graph(*file, *format); }; });
}

}  // namespace pawl::cli
