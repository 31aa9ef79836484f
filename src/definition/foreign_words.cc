#include "definition/foreign_words.h"

namespace pawl::definition {
namespace {

constexpr std::string_view kTasks = "write `tasks: {a: {run: make}, b: {run: make test, dependencies: [a]}}`";
constexpr std::string_view kNoSchedule =
    "Pawl does not start workflows by itself; leave it out, and let cron or a systemd timer call `pawl run FILE`";
constexpr std::string_view kNoHooks =
    "Pawl has no hooks; do it after `pawl run` has returned, or in a last task that depends on the others, which have "
    "`allow_failure: true`";
constexpr std::string_view kNoHeader = "a definition has no such header; leave it out";
constexpr std::string_view kNoEnvFile =
    "Pawl reads no files of variables; load it in the command: `run: set -a; . ./.env; make`";
constexpr std::string_view kNoSecrets =
    "Pawl keeps no secrets; a command sees the environment that pawl was started in: `run: 'deploy --token $TOKEN'`";
constexpr std::string_view kNoContainers =
    "Pawl runs commands on this machine; for a container write `run: docker run --rm alpine make`";
constexpr std::string_view kNoMail =
    "Pawl sends no mail; do it after `pawl run` has returned, `pawl run FILE || mail -s failed me </dev/null`";
constexpr std::string_view kNoPast =
    "each workflow stands by itself, and none looks at the one before; leave it out, or run them one after the other";
constexpr std::string_view kFailFast =
    "a failed task keeps others from beginning unless the workflow says otherwise; true is `on_failure: fail`, which "
    "is the default, and false is `on_failure: continue`";
constexpr std::string_view kNoInclude = "a definition is one file, without parts of others; write the tasks out";
constexpr std::string_view kTimeout = "write `timeout: 10m`";
constexpr std::string_view kConcurrency = "that is an option: `pawl run FILE --concurrency 4`";
constexpr std::string_view kDescription = "write `description: what it is for`";

constexpr ForeignWords kOfWorkflow[] = {
    {"steps jobs job nodes stages stage step services all .PHONY targets target pipeline pipelines states activities "
     "rules templates taskGraph actions workflows task plan",
     kTasks},
    {"apiVersion kind version schemaVersion specVersion dsl document metadata", kNoHeader},
    {"spec dag workflow", "its members stand at the top: `tasks: {a: {run: make}}`"},
    {"entrypoint start startAt initial", "a workflow begins with the tasks that depend on nothing; leave it out"},
    {"on trigger triggers schedule schedules schedule_interval cron crontab timetable catchup start_date end_date "
     "skip_if_successful restart",
     kNoSchedule},
    {"if when only_if condition conditions precondition preconditions run_if",
     "a condition is a task's: `tasks: {a: {run: make, when: input.deploy == \"yes\"}}`"},
    {"params param parameters vars var variables inputs arguments args with input_parameters config values",
     "write `input: {who: world}`; an expression reads `${{ input.who }}`"},
    {"outputs result results return returns output_parameters", "write `output: \"${{ tasks.a.result }}\"`"},
    {"env environment envs", "an environment is a task's: `tasks: {a: {run: make, env: {KEY: value}}}`"},
    {"env_file env_files dotenv", kNoEnvFile},
    {"secrets secret credentials connections", kNoSecrets},
    {"defaults default default_args",
     "there are no defaults for all tasks; write them out, or define a policy once and name it: `tasks: {a: {run: "
     "make, retry_policy: gentle}}`"},
    {"retries retry retry_strategy retry_policy max_attempts",
     "attempts are a task's: `tasks: {a: {run: make, retry_policy: {max_attempts: 3}}}`"},
    {"timeout_minutes timeout_seconds timeout_sec timeout_secs timeout_ms timeouts active_deadline_seconds deadline "
     "dagrun_timeout execution_timeout max_duration workflow_execution_timeout workflow_run_timeout",
     kTimeout},
    {"fail_fast", kFailFast},
    {"email email_on_failure email_on_retry email_on_success mail mail_on mail_on_error error_mail info_mail smtp",
     kNoMail},
    {"depends_on_past wait_for_downstream", kNoPast},
    {"unless except", "a condition is a task's: `tasks: {a: {run: make, when: not (input.deploy == \"no\")}}`"},
    {"continue_on_error ignore_errors continue_on continue_on_failure ignore_failure keep_going soft_fail",
     "write `on_failure: continue`"},
    {"allow_failure", "that is a task's: `tasks: {a: {run: make, allow_failure: true}}`"},
    {"concurrency parallelism parallel max_parallel max_active_runs max_active_tasks max_active_steps max_workers",
     kConcurrency},
    {"handlers handler_on hooks finally on_exit on_success on_completion on_error on_cancel exit_handler always notify "
     "notifications on_failure_callback on_success_callback sla_miss_callback failure_workflow after_all",
     kNoHooks},
    {"image container containers volumes networks runs_on node_selector service_account_name pool queue task_queue",
     kNoContainers},
    {"command commands cmd cmds script scripts run bash exec", "a command is a task's: `tasks: {a: {run: make}}`"},
    {"working_directory working_dir workdir work_dir dir cwd chdir",
     "a folder is a task's: `tasks: {a: {run: make, cwd: build}}`"},
    {"id title dag_id workflow_id workflow_name display_name run_name", "write `name: nightly`"},
    {"summary desc doc docs doc_md comment about label labels tags tag annotations owner owners group", kDescription},
    {"priority_class_name priority_weight weight", "write `priority: high`"},
    {"compensate compensation rollback undo",
     "what undoes is a task's: `tasks: {a: {run: make, compensation: {run: make clean}}}`"},
    {"permissions access acl", "who may run it is who may read the file; leave it out"},
    {"include includes import imports extends uses use anchors", kNoInclude},
    {"log_dir logs logging hist_retention_days retention ttl ttl_strategy",
     "what is kept, and for how long, are options: `pawl run FILE --data-dir data --retention 30d`"},
};

constexpr std::string_view kDependencies = "write `dependencies: [a, b]`";
constexpr std::string_view kRun = "write `run: make test`, or `run: [make, test]` without a shell";
constexpr std::string_view kWhen = "write `when: input.deploy == \"yes\"`";
constexpr std::string_view kWhenNot = "write `when: not (input.deploy == \"no\")`";
constexpr std::string_view kAllowFailure = "write `allow_failure: true`";
constexpr std::string_view kRetries = "write `retry_policy: {max_attempts: 3}`, the first attempt included";
constexpr std::string_view kRetryDelay = "write `retry_policy: {max_attempts: 3, base_delay: 10s}`";
constexpr std::string_view kEnvironment = "write `env: {KEY: value}`";
constexpr std::string_view kFolder = "write `cwd: build`";
constexpr std::string_view kCompensation = "write `compensation: {run: make clean}`";
constexpr std::string_view kOutput =
    "a result needs no name: expressions read `${{ tasks.a.result }}`, which is the JSON that a command prints (42, "
    "too), and "
    "`${{ tasks.a.result.stdout }}` where that is text";

// Of a task and of what undoes it.
constexpr ForeignWords kOfCall[] = {
    {"command cmd cmds commands script scripts entrypoint bash_command bash sh exec call program executable recipe "
     "code source inline python python_callable shell_command line",
     kRun},
    {"type operator executor task_type task_reference_name handler activity activity_type action_type provider plugin "
     "service engine",
     "what a task does is `run: make`, or a handler: `module: billing, function: charge`"},
    {"image container containers docker docker_image podman volumes volume_mounts ports resources runs_on "
     "node_selector pod pod_template build deploy services platform network networks kubernetes container_name "
     "init_containers",
     kNoContainers},
    {"retries retry retry_count max_retries max_retry retry_limit attempts max_attempts retry_strategy restart "
     "restart_policy number_of_retries maximum_attempts",
     kRetries},
    {"retry_delay retry_interval retry_exponential_backoff max_retry_delay backoff base_delay retry_delay_seconds "
     "interval_sec retry_wait",
     kRetryDelay},
    {"env_file env_files dotenv", kNoEnvFile},
    {"environment envs environ environment_variables env_vars vars var variables", kEnvironment},
    {"timeout_minutes timeout_seconds timeout_sec timeout_secs timeout_ms time_limit execution_timeout max_time "
     "active_deadline_seconds start_to_close_timeout start_to_close timeout_in_seconds response_timeout_seconds",
     kTimeout},
    {"params param parameters with inputs input input_parameters op_args op_kwargs arguments argument argv kwargs "
     "payload body data",
     "values go to a handler as `args: [1, two]`, to a command as `env: {WHO: \"${{ input.who }}\"}`"},
    {"uses use template template_ref task_ref call_workflow sub_workflow reusable ref extends include includes action "
     "import import_tasks",
     "Pawl has no actions or templates; write the command: `run: make`"},
    {"working_directory working_dir workdir work_dir dir directory chdir pwd path folder", kFolder},
    {"secrets secret credentials conn_id", kNoSecrets},
    {"outputs output result results register xcom xcom_push do_xcom_push save result_variable output_parameters export "
     "returns",
     kOutput},
    {"stdout stderr log logs logging log_dir log_file redirect",
     "what a command writes is shown and kept; for a file write `run: make > build.log 2>&1`"},
    {"input_file stdin_file", "write `stdin: some text`, or `run: make < input.txt`"},
    {"user run_as run_as_user become sudo uid", "commands run as the user of pawl; write `run: sudo -u ci make`"},
    {"signal_on_stop stop_signal kill_signal stop_grace_period termination_grace_period_seconds grace_period",
     "a task that is stopped gets SIGTERM and, 10 s later, SIGKILL; leave it out"},
    {"before_script after_script setup teardown pre_script post_script prepare",
     "it is part of the command: `run: ./prepare && make`"},
    {"success_codes success_exit_codes ok_codes allow_exit_codes expected_exit_codes",
     "a command has done well if it exits with 0: `run: diff a b || test $? = 1`"},
    {"healthcheck health_check readiness_probe liveness_probe readiness",
     "Pawl runs commands to their end; what waits is a command, too: `run: until curl -fs localhost; do sleep 1; "
     "done`"},
    {"heartbeat heartbeat_timeout", "Pawl watches the process itself; leave it out, or limit it: `timeout: 10m`"},
};

constexpr ForeignWords kOfTask[] = {
    {"depends_on depends depend needs need after requires require required upstream upstreams upstream_tasks "
     "upstream_list parents parent deps dep dependency dependent_on prerequisites prereqs runs_after run_after follows "
     "previous wait_on waits_for set_upstream links order_only join_on",
     kDependencies},
    {"next downstream downstreams then before successors transitions set_downstream children followed_by goto",
     "it is written the other way round: the later task has `dependencies: [a]`"},
    {"continue_on_error ignore_errors ignore_error continue_on soft_fail optional ignore_failure continue_on_failure "
     "allowed_to_fail allow_fail failed_when",
     kAllowFailure},
    {"fail_fast", kFailFast},
    {"email email_on_failure email_on_retry email_on_success mail mail_on mail_on_error", kNoMail},
    {"depends_on_past wait_for_downstream", kNoPast},
    {"unless except skip_if skip disabled disable", kWhenNot},
    {"tags tag labels annotations metadata owner",
     "a task has an id and, for people, `name: Build it`; leave the rest out"},
    {"repeat_policy repeat repeat_every",
     "Pawl does not repeat a task that has ended well; loop in the command: `run: while ./more; do ./work; done`"},
    {"suspend input_required manual",
     "a person stops a workflow between two tasks by `pawl pause ID`, and lets it go on by `pawl resume ID`"},
    {"stage", "the order is that of `dependencies: [a]`; a stage is all tasks that have the same"},
    {"if only_if condition conditions precondition preconditions only enabled enable profiles run_if run_when expr "
     "expression rules decision_cases status evaluate",
     kWhen},
    {"trigger_rule",
     "a task runs when what it depends on has ended well or was skipped; after a failure it does if that has "
     "`allow_failure: true`"},
    {"schedule schedules cron crontab schedule_interval on trigger triggers every start_date end_date catchup",
     "Pawl starts no tasks by the clock; a task that waits is `sleep: 10m`, or `until: 2026-11-23T08:30:00Z`"},
    {"delay wait pause wait_for_completion initial_delay start_delay",
     "a wait is a task of its own, `sleep: 10s`; between attempts it is `retry_policy: {base_delay: 10s}`"},
    {"handlers handler_on on_success on_exit on_error on_cancel on_completion finally notify notifications hooks "
     "always on_failure_callback on_success_callback on_retry_callback lifecycle post pre callbacks",
     "Pawl has no hooks; let another task depend on this one: `dependencies: [a]`"},
    {"on_failure",
     "that is the workflow's, `on_failure: continue`; a task whose failure does not count has `allow_failure: true`"},
    {"strategy matrix parallel with_items with_item with_param with_sequence loop loop_over for_each map expand "
     "iterate each items replicas count fork_tasks scatter",
     "Pawl does not repeat a task over a list yet; write a task for each, or loop in the command: `run: for f in "
     "*.csv; do load \"$f\"; done`"},
    {"id key task_id ref_id label title display_name step_id",
     "the id stands before the task, `tasks: {a: {run: make}}`; for people it has `name: Build it`"},
    {"steps tasks jobs nodes subtasks children_tasks block group task_group dag inner branches",
     "tasks are not nested; write them side by side under `tasks`, in order by `dependencies: [a]`"},
    {"pool queue task_queue worker worker_group concurrency max_parallel parallelism max_active_tis_per_dag limit "
     "semaphore mutex synchronization",
     kConcurrency},
    {"priority priority_weight weight", "priority is the workflow's: `priority: high` at the top"},
    {"description desc doc doc_md docs comment summary about",
     "write `name: Build the site`, or a comment: `# why it is there`"},
    {"cache artifacts artifact produces consumes creates sources generates inputs_from save_cache restore_cache phony",
     "Pawl does not look at files; a task runs once in each workflow. What is up to date make can tell: `run: make "
     "site`"},
    {"compensate undo rollback revert on_rollback compensating_action saga", kCompensation},
    {"schedule_to_start_timeout queue_timeout", "write `schedule_to_start: 5m`"},
    {"schedule_to_close_timeout sla deadline total_timeout", "write `schedule_to_close: 1h`"},
    {"breaker circuit_breakers", "write `circuit_breaker: payments`, the name of a stored one"},
};

constexpr ForeignWords kOfRetries[] = {
    {"limit count retries retry max_retries max_retry attempts max tries maximum_attempts retry_count max_attempt "
     "retry_limit",
     "write `max_attempts: 3`, the first attempt included"},
    {"delay interval interval_sec interval_seconds initial_interval initial_delay wait min min_delay retry_delay "
     "duration base sleep delay_seconds retry_interval",
     "write `base_delay: 10s`"},
    {"max_interval maximum_interval max_interval_sec max_interval_seconds cap max_duration max_wait max_backoff",
     "write `max_delay: 60s`"},
    {"factor backoff_coefficient coefficient exponent backoff_rate rate backoff_factor backoff_multiplier",
     "write `multiplier: 2`"},
    {"type strategy policy retry_policy mode exponential", "write `backoff: exponential`, or fixed, or linear"},
    {"exit_code exit_codes retry_on on errors error_codes retryable error_equals when expression if only_on",
     "write `retryable_errors: [exit_code, timeout]`"},
    {"non_retryable non_retryable_error_types no_retry_on never_on except abort_on",
     "write `non_retryable_errors: [invalid_argument]`"},
};

constexpr ForeignWords kOfBreaker[] = {
    {"threshold failures max_failures failure_count error_threshold consecutive_failures",
     "write `failure_threshold: 5`"},
    {"successes success_count", "write `success_threshold: 2`"},
    {"reset_timeout recovery_timeout open_timeout open_duration cooldown sleep_window wait_duration interval",
     "write `timeout: 60s`"},
    {"half_open_max_calls half_open_requests half_open_probes max_requests permitted_calls", "write `probes: 1`"},
};

constexpr ForeignWords kOfTimeouts[] = {
    {"timeout default", "write `default_timeout: 30s`"},
    {"max limit", "write `max_timeout: 5m`"},
    {"tasks per_task task_timeouts timeouts", "write `per_task_timeouts: {a: 30s}`"},
};

}  // namespace

std::span<const ForeignWords> foreign_words(KeyOf what) {
  switch (what) {
    case KeyOf::workflow:
      return kOfWorkflow;
    case KeyOf::task:
      return kOfTask;
    case KeyOf::compensation:
      return kOfCall;
    case KeyOf::retry_policy:
      return kOfRetries;
    case KeyOf::timeout_policy:
      return kOfTimeouts;
    case KeyOf::circuit_breaker:
      return kOfBreaker;
  }
  return {};
}

}  // namespace pawl::definition
