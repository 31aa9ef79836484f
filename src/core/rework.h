// What a revived or restored workflow does over: which tasks, and how they become pending again.
//
// Whatever is done over takes along all that depends on it, for that has seen a result that will not stand. What nobody
// asked for is left alone: a failure that was allowed is an outcome like any other, and its dependents have seen its
// null; a condition that was false is asked again only if something that the task depends on is done over.
#pragma once

#include <vector>

#include "core/workflow.h"
#include "model/event.h"

namespace pawl::core {

// By task: whether it is done over.
using ChosenTasks = std::vector<bool>;

// These tasks and all that depends on them, however far away.
[[nodiscard]] ChosenTasks with_descendants(const Definition& definition, std::vector<TaskIndex> next);

// The tasks that the revived workflow does over.
[[nodiscard]] ChosenTasks choose_tasks(const Workflow& workflow, const event::WorkflowRevived& happened);

// Of the chosen tasks, those that have a completion that can be undone, ascending.
[[nodiscard]] std::vector<TaskIndex> find_undoable(const Workflow& workflow, const ChosenTasks& chosen);

// How many completions are kept if the chosen tasks are done over.
[[nodiscard]] std::size_t count_kept(const Workflow& workflow, const ChosenTasks& chosen);

// evolve: the chosen tasks wait for what they depend on, or are ready; the completions that they had are kept if they
// can be undone. Those that cannot run, because something they depend on has failed and is not done over, are left out.
void do_over(Workflow& workflow, ChosenTasks& chosen, ReworkRules rules);

}  // namespace pawl::core
