#include "definition/spec.h"

namespace pawl::definition {

WorkflowSpec to_spec(const Definition& definition) {
  WorkflowSpec spec;
  spec.name = definition.name();
  spec.description = definition.description();
  spec.priority = definition.priority();
  spec.input = definition.input().parse();
  spec.on_failure = definition.on_failure();
  spec.timeout = definition.timeout();
  spec.timeout_policy = definition.timeout_policy();
  spec.saga = definition.saga();
  spec.output = definition.output().parse();
  spec.tasks.resize(definition.task_count());
  for (TaskIndex index = 0; index < definition.task_count(); ++index) {
    TaskSpec& task = spec.tasks[index];
    task.id = definition.task_id(index);
    if (definition.task_name(index) != task.id) task.name = definition.task_name(index);
    task.module = definition.handler(index).module;
    task.function = definition.handler(index).function;
    task.args = definition.args(index).parse();
    for (const TaskIndex dependency : definition.dependencies(index))
      task.dependencies.emplace_back(definition.task_id(dependency));
    task.when = definition.when(index);
    const TaskRules& rules = definition.rules(index);
    task.timeout = rules.timeout;
    task.schedule_to_start = rules.schedule_to_start;
    task.schedule_to_close = rules.schedule_to_close;
    task.retry_policy = rules.retry_policy;
    task.retry_policy_name = rules.retry_policy_name;
    task.circuit_breaker = rules.circuit_breaker;
    task.on_open = rules.on_open;
    task.allow_failure = rules.allow_failure;
    task.pivot = rules.pivot;
    if (const auto undo = definition.compensation_of(index))
      task.compensation = Compensation{.module = definition.handler(*undo).module,
                                       .function = definition.handler(*undo).function,
                                       .args = definition.args(*undo).parse(),
                                       .timeout = definition.rules(*undo).timeout,
                                       .retry_policy = definition.rules(*undo).retry_policy,
                                       .retry_policy_name = definition.rules(*undo).retry_policy_name};
  }
  return spec;
}

}  // namespace pawl::definition
