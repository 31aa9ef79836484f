// What callers are told of a workflow's state.
#pragma once

#include "pawl/report.h"

#include "core/workflow.h"
#include "persistence/store.h"

namespace pawl {

WorkflowStatus status_of(const core::Workflow& workflow);
WorkflowReport report_of(const core::Workflow& workflow);
WorkflowSummary summary_of(const core::Workflow& workflow);

}  // namespace pawl
