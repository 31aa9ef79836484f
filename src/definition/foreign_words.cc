#include "definition/foreign_words.h"

namespace pawl::definition {
namespace {

constexpr std::string_view kTasks = "write `tasks: {a: {run: make}, b: {run: make test, dependencies: [a]}}`";
constexpr std::string_view kNoSchedule =
    "Pawl does not start workflows by itself; leave it out, and let cron or a systemd timer call `pawl run FILE`";
constexpr std::string_view kNoHooks =
    "Pawl has no hooks; call it behind: `pawl run FILE && ./notify` after success, `pawl run FILE || ./notify` after a "
    "failure, `pawl run FILE; ./clean` after either";
constexpr std::string_view kNoTaskHooks =
    "Pawl has no hooks; it is part of the command: `run: 'make || { ./notify; exit 1; }'` after a failure, `run: trap "
    "./clean EXIT; make` however it ends";
constexpr std::string_view kBefore = "it is part of the command: `run: ./prepare && make`";
constexpr std::string_view kNoRunLock =
    "Pawl keeps no two runs apart; let the shell do it: `flock -n site.lock pawl run FILE`";
constexpr std::string_view kNoTaskLock =
    "Pawl has no locks between tasks; let the command take one: `run: flock site.lock make`";
constexpr std::string_view kNoDefaults =
    "there are no defaults for all tasks; write them out, or define a policy once and name it: `tasks: {a: {run: "
    "make, retry_policy: gentle}}`";
constexpr std::string_view kNoRights = "who may run it is who may read the file; leave it out";
constexpr std::string_view kNoFiles =
    "Pawl does not look at files; a task runs once in each workflow. What is up to date make can tell: `run: make "
    "site`";
constexpr std::string_view kNoBranches =
    "Pawl knows no branches and events; pass in what counts, `pawl run FILE --input '{\"branch\": \"main\"}'`, and "
    "write `when: input.branch == \"main\"`";
constexpr std::string_view kNoHeader = "a definition has no such header; leave it out";
constexpr std::string_view kNoEnvFile =
    "Pawl reads no files of variables; load it in the command, where values with spaces need quotes: `run: set -a; . "
    "./.env; make`";
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
     "templates taskGraph actions workflows task plan flows",
     kTasks},
    {"apiVersion kind version schemaVersion specVersion dsl document metadata type", kNoHeader},
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
    {"defaults default default_args", kNoDefaults},
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
    {"concurrency parallelism parallel max_parallel max_active_tasks max_active_steps max_workers", kConcurrency},
    {"max_active_runs concurrency_group concurrency_policy lock mutex", kNoRunLock},
    {"before_script before_all setup prepare pre",
     "write a first task: `tasks: {prepare: {run: ./prepare}, a: {run: make, dependencies: [prepare]}}`"},
    {"delay_sec delay start_delay initial_delay",
     "write a first task that waits: `tasks: {wait: {sleep: 10s}, a: {run: make, dependencies: [wait]}}`"},
    {"cache artifacts", kNoFiles},
    {"rules only branches", kNoBranches},
    {"handlers handler_on hooks finally on_exit on_success on_completion on_error on_cancel exit_handler always notify "
     "notifications on_failure_callback on_success_callback sla_miss_callback failure_workflow after_all after_script "
     "teardown cleanup ensure post rescue catch",
     kNoHooks},
    {"image container containers volumes networks configs runs_on node_selector service_account_name pool queue "
     "task_queue",
     kNoContainers},
    {"command commands cmd cmds script scripts run bash exec", "a command is a task's: `tasks: {a: {run: make}}`"},
    {"working_directory working_dir workdir work_dir dir cwd chdir",
     "a folder is a task's: `tasks: {a: {run: make, cwd: build}}`"},
    {"id title dag_id workflow_id workflow_name display_name run_name", "write `name: nightly`"},
    {"summary desc doc docs doc_md comment about label labels tags tag annotations owner owners group", kDescription},
    {"priority_class_name priority_weight weight", "write `priority: high`"},
    {"compensate compensation rollback undo",
     "what undoes is a task's: `tasks: {a: {run: make, compensation: {run: make clean}}}`"},
    {"permissions access acl", kNoRights},
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
constexpr std::string_view kNoLoop =
    "write a task for each, or loop in the command: `run: for f in *.csv; "
    "do load \"$f\"; done`";
constexpr std::string_view kNoApproval =
    "a person stops a workflow between two tasks by `pawl pause ID`, and continues it by `pawl resume ID`";
constexpr std::string_view kAfterFailure =
    "a task runs when what it depends on has ended well, or has failed and has `allow_failure: true`, in spite of "
    "which "
    "the workflow completes; to tell of a failure write `pawl run FILE || ./notify`";
constexpr std::string_view kUnnamedResult =
    "a result needs no name: expressions read `${{ tasks.a.result }}`, which is the JSON that a command prints (42, "
    "too), and "
    "`${{ tasks.a.result.stdout }}` where that is text";

// Of a task and of what undoes it.
constexpr ForeignWords kOfCall[] = {
    {"command cmd cmds commands script scripts entrypoint bash_command bash sh exec call program executable recipe "
     "shell_command line",
     kRun},
    {"python python_callable python_command code source inline language interpreter",
     "write `shell: [python3, -c]`, and beside it the code, `run: print(1)`"},
    {"type kind operator executor task_type task_reference_name handler activity activity_type action_type provider "
     "plugin "
     "service engine",
     "what a task does is `run: make`, or a handler: `module: billing, function: charge`"},
    {"image container containers docker docker_image podman volumes volume_mounts ports resources runs_on "
     "node_selector pod pod_template build deploy services platform network networks kubernetes container_name "
     "init_containers",
     kNoContainers},
    {"retries retry retry_count max_retries max_retry retry_limit attempts max_attempts retry_strategy restart "
     "restart_policy number_of_retries maximum_attempts max_tries tries",
     kRetries},
    {"retry_delay retry_interval retry_exponential_backoff max_retry_delay backoff base_delay retry_delay_seconds "
     "interval interval_sec retry_wait",
     kRetryDelay},
    {"retry_on", "write `retry_policy: {max_attempts: 3, retryable_errors: [exit_code, timeout]}`"},
    {"env_file env_files env_from dotenv", kNoEnvFile},
    {"defaults default", kNoDefaults},
    {"permissions access acl", kNoRights},
    {"nice priority_class", "write `run: nice make`"},
    {"memory mem mem_limit memory_limit cpu cpus cpu_limit limits",
     "Pawl limits no memory and no CPUs; the shell does: `run: ulimit -v 4000000; make`"},
    {"umask", "write `run: umask 022; make`"},
    {"tty interactive stdin_open terminal", "a task has no terminal; leave it out"},
    {"detach detached background daemon async fork",
     "Pawl runs commands to their end; what is to outlive its task is started by `run: setsid -f my-database`"},
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
     kUnnamedResult},
    {"stdout stderr log logs logging log_dir log_file redirect",
     "what a command writes is shown and kept; for a file write `run: make > build.log 2>&1`"},
    {"input_file stdin_file", "write `stdin: some text`, or `run: make < input.txt`"},
    {"user run_as run_as_user become sudo uid", "commands run as the user of pawl; write `run: sudo -u ci make`"},
    {"signal_on_stop stop_signal kill_signal stop_grace_period termination_grace_period_seconds grace_period grace "
     "kill_timeout kill_after",
     "a task that is stopped gets SIGTERM and, 10 s later, SIGKILL; leave it out"},
    {"before_script setup pre_script prepare pre", kBefore},
    {"handlers handler_on on_exit on_error on_cancel on_completion finally notify notifications hooks always "
     "on_failure_callback on_retry_callback lifecycle post callbacks after_script post_script teardown rescue catch "
     "fallback cleanup ensure except_handler",
     kNoTaskHooks},
    {"failed_when", "a command fails if it does not exit with 0: `run: make && ! grep -q error build.log`"},
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
     "previous depend_on wait_on waits_for set_upstream links order_only join_on",
     kDependencies},
    {"next downstream downstreams then before successors transitions set_downstream children followed_by goto",
     "it is written the other way round: the later task has `dependencies: [a]`"},
    {"continue_on_error ignore_errors ignore_error continue_on soft_fail optional ignore_failure continue_on_failure "
     "allowed_to_fail allow_fail",
     kAllowFailure},
    {"fail_fast", kFailFast},
    {"email email_on_failure email_on_retry email_on_success mail mail_on mail_on_error", kNoMail},
    {"depends_on_past wait_for_downstream", kNoPast},
    {"unless except skip_if", kWhenNot},
    {"skip skipped disabled disable enabled enable",
     "a task that is not to run has `when: false`; one that is to run has nothing"},
    {"precondition preconditions",
     "a condition on values is `when: input.deploy == \"yes\"`; one on files is part of the command: `run: test -f "
     "config && make`"},
    {"status", "what is up to date the command can tell: `run: test -f site || make site`"},
    {"only rules", kNoBranches},
    {"profiles", "Pawl has no profiles; what is not always wanted has a condition: `when: input.deploy == \"yes\"`"},
    {"tags tag labels annotations metadata owner",
     "a task has an id and, for people, `name: Build it`; leave the rest out"},
    {"repeat_policy repeat repeat_every",
     "Pawl does not repeat a task that has ended well; loop in the command: `run: while ./more; do ./work; done`"},
    {"suspend input_required manual", kNoApproval},
    {"stage", "the order is that of `dependencies: [a]`; a stage is all tasks that have the same"},
    {"if only_if condition conditions run_if run_when expr expression decision_cases evaluate", kWhen},
    {"trigger_rule", kAfterFailure},
    {"schedule schedules cron crontab schedule_interval on trigger triggers every start_date end_date catchup",
     "Pawl starts no tasks by the clock; a task that waits is `sleep: 10m`, or `until: 2026-11-23T08:30:00Z`"},
    {"delay wait pause wait_for_completion initial_delay start_delay",
     "a wait is a task of its own, `sleep: 10s`; between attempts it is `retry_policy: {base_delay: 10s}`"},
    {"on_success on_success_callback",
     "let another task depend on this one, which it does if this one has ended well: `dependencies: [a]`"},
    {"on_failure",
     "that is the workflow's, `on_failure: continue`; a task whose failure does not count has `allow_failure: true`, "
     "and one that tells of it `run: 'make || { ./notify; exit 1; }'`"},
    {"strategy matrix parallel with_items with_item with_param with_sequence loop loop_over for_each map expand "
     "iterate each items replicas count fork_tasks scatter",
     kNoLoop},
    {"id key task_id ref_id label title display_name step_id",
     "the id stands before the task, `tasks: {a: {run: make}}`; for people it has `name: Build it`"},
    {"steps tasks jobs nodes subtasks children_tasks block group task_group dag inner branches",
     "tasks are not nested; write them side by side under `tasks`, in order by `dependencies: [a]`"},
    {"queue task_queue worker worker_group concurrency max_parallel parallelism limit", kConcurrency},
    {"pool semaphore mutex lock synchronization resource_group max_active_tis_per_dag", kNoTaskLock},
    {"priority priority_weight weight", "priority is the workflow's: `priority: high` at the top"},
    {"description desc doc doc_md docs comment summary about",
     "write `name: Build the site`, or a comment: `# why it is there`"},
    {"cache artifacts artifact produces consumes creates sources generates inputs_from save_cache restore_cache phony",
     kNoFiles},
    {"compensate undo rollback revert on_rollback compensating_action saga", kCompensation},
    {"schedule_to_start_timeout queue_timeout", "write `schedule_to_start: 5m`"},
    {"schedule_to_close_timeout sla deadline total_timeout", "write `schedule_to_close: 1h`"},
    {"breaker circuit_breakers", "write `circuit_breaker: payments`, the name of a stored one"},
};

// Of keys that a later version brings.
constexpr ForeignWords kLater[] = {
    {"foreach", kNoLoop},
    {"http", "write `run: curl -fsS https://example.org`"},
    {"wait_for", "what waits is a command, too: `run: until curl -fs localhost; do sleep 1; done`"},
    {"approval", kNoApproval},
    {"workflow", "write `run: pawl run other.yaml`"},
};

// Of what a key says, if its value has the text `has` or, where that is empty, is no integer.
struct ValueAdvice {
  KeyOf what;
  std::string_view advice_of_key;  // of which key: one that gets this
  std::string_view has;
  std::string_view advice;
};

constexpr ValueAdvice kOfValues[] = {
    {KeyOf::task, kWhen, "always()", kAfterFailure},
    {KeyOf::task, kWhen, "failure()", kAfterFailure},
    {KeyOf::task, kWhen, "cancelled()", kAfterFailure},
    {KeyOf::task, kWhen, "success()", "leave it out: a task runs when what it depends on has ended well"},
    {KeyOf::task, kConcurrency, "", kNoTaskLock},
    {KeyOf::workflow, kConcurrency, "", kNoRunLock},
};

}  // namespace

std::string_view advice_until_then(std::string_view key) {
  for (const ForeignWords& row : kLater)
    if (row.words == key) return row.advice;
  return {};
}

std::string_view advice_on(std::string_view key, KeyOf what, Node value) {
  const std::string_view advice = advice_on(key, what);
  const bool is_text = value.kind() == NodeKind::string;
  for (const ValueAdvice& row : kOfValues) {
    if (row.what != what || row.advice_of_key != advice || advice.empty()) continue;
    const bool fits =
        row.has.empty() ? is_text || value.kind() == NodeKind::object : is_text && value.string().contains(row.has);
    if (fits) return row.advice;
  }
  return advice;
}

std::span<const ForeignWords> foreign_words(KeyOf what) {
  switch (what) {
    case KeyOf::workflow:
      return kOfWorkflow;
    case KeyOf::task:
      return kOfTask;
    case KeyOf::compensation:
      return kOfCall;
    case KeyOf::retry_policy:
    case KeyOf::timeout_policy:
    case KeyOf::circuit_breaker:
      return foreign_policy_words(what);
  }
  return {};
}

}  // namespace pawl::definition
