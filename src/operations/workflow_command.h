// The operations that are one command to one workflow.
#pragma once

#include <string>

#include "model/command.h"
#include "orchestrator/operation.h"

namespace pawl::operations {

Steps<void> command_workflow(Call call, std::string id, Command command);
// A command after which an ended workflow may live again.
Steps<void> revive_workflow(Call call, std::string id, Command command);

}  // namespace pawl::operations
