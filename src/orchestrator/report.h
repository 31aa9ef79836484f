// What callers are told of a workflow's state.
#pragma once

#include "pawl/policy.h"
#include "pawl/report.h"

#include "core/workflow.h"
#include "persistence/store.h"

namespace pawl {

WorkflowStatus status_of(const core::Workflow& workflow);
WorkflowReport report_of(const core::Workflow& workflow);
WorkflowSummary summary_of(const core::Workflow& workflow);
DeadLetterId letter_id(const core::Workflow& workflow, ActionId action);
// none: the action is no dead letter.
std::optional<DeadLetter> letter_of(const core::Workflow& workflow, ActionId action);

}  // namespace pawl
