// pawl snapshot create|list|restore|delete: copies of a workflow's state.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"
#include "cli/view/table.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct SnapshotArguments {
  Target target;
  std::string snapshot;
  std::string label;
};

Result<int> create(Engine& engine, const SnapshotArguments& arguments) {
  const Result<std::string> id = engine.persistence().create_snapshot(arguments.target.id, arguments.label);
  if (!id) return std::unexpected(id.error());
  print_done(arguments.target.json(), {{"id", *id}, {"workflow", arguments.target.id}}, printable(*id));
  return kDone;
}

Result<int> list(Engine& engine, const SnapshotArguments& arguments) {
  const Target& target = arguments.target;
  // Of a workflow that is not known there would be none.
  if (const Result<WorkflowStatus> status = engine.orchestrator().get_workflow_status(target.id); !status)
    return std::unexpected(status.error());
  const Result<std::vector<SnapshotInfo>> found = engine.persistence().list_snapshots(target.id);
  if (!found) return std::unexpected(found.error());
  if (!target.json()) {
    if (found->empty()) note(fmt::format("workflow {} has no snapshots", target.id));
    Table table({"SNAPSHOT", "CREATED", "LABEL"});
    for (const SnapshotInfo& each : *found) table.add({each.id, format_time(each.created_at), each.label});
    if (!found->empty()) put(stdout, table.text());
    return kDone;
  }
  print_array(*found);
  return kDone;
}

Result<int> restore(Engine& engine, const SnapshotArguments& arguments) {
  if (Result<void> restored = engine.persistence().restore_snapshot(arguments.snapshot); !restored)
    return std::unexpected(std::move(restored.error()));
  const std::string workflow = arguments.snapshot.substr(0, arguments.snapshot.rfind('@'));
  print_done(arguments.target.json(), {{"id", arguments.snapshot}, {"workflow", workflow}, {"restored", true}},
             fmt::format("{}: restored; {} continues it", printable(workflow),
                         printable(resume_command(workflow, arguments.target.data_dir))));
  return kDone;
}

Result<int> remove(Engine& engine, const SnapshotArguments& arguments) {
  if (Result<void> deleted = engine.persistence().delete_snapshot(arguments.snapshot); !deleted)
    return std::unexpected(std::move(deleted.error()));
  print_done(arguments.target.json(), {{"id", arguments.snapshot}, {"deleted", true}},
             fmt::format("{}: deleted", printable(arguments.snapshot)));
  return kDone;
}

void add_snapshot_name(Verb& verb, SnapshotArguments& arguments) {
  verb.add("SNAPSHOT", arguments.snapshot, "Its name, WORKFLOW@NUMBER").required();
  add_directory(verb, arguments.target);
  add_done_output(verb, arguments.target.output);
}

}  // namespace

void add_snapshot(Verb& program) {
  Verb verb = program.add_verb("snapshot", "Copy a workflow's state, and restore it");
  verb.needs_verb();
  const auto arguments = std::make_shared<SnapshotArguments>();

  Verb creating = verb.add_verb("create", "Copy a workflow's state; prints the snapshot's name");
  add_workflow(creating, arguments->target);
  creating.add("--label", arguments->label, "A label for people");
  add_done_output(creating, arguments->target.output);
  on_call(creating, arguments, create);

  Verb listing = verb.add_verb("list", "List the snapshots of a workflow");
  add_workflow(listing, arguments->target);
  add_output(listing, arguments->target.output, "human: a table; json: an array");
  on_reading(listing, arguments, list);

  Verb restoring = verb.add_verb("restore", "Make the workflow what it was when the snapshot was taken");
  add_snapshot_name(restoring, *arguments);
  on_call(restoring, arguments, restore);

  Verb deleting = verb.add_verb("delete", "Delete a snapshot");
  add_snapshot_name(deleting, *arguments);
  on_call(deleting, arguments, remove);

  verb.teaches(
      "  pawl snapshot create monday --data-dir data --label 'before the import'\n"
      "  pawl snapshot restore monday@01m... --data-dir data && pawl resume monday --data-dir data\n"
      "\n"
      "A workflow that has ended since is reopened. What happened in between stays in its history, and what its tasks\n"
      "did outside is not undone.");
}

}  // namespace pawl::cli
