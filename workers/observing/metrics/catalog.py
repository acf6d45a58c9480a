"""Every metric of an installation: exporter, reference, dashboards and alerts come from this list.

Names are written in full, so that a search finds them.
"""

from __future__ import annotations

from fluxagents.workers.observing.metrics.metric import MS, Area

WAIT_BUCKETS_S = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0)
"""Of waits, which `metrics.lua` counts: it has the same bounds in ms."""
WORK_BUCKETS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0)
RUN_BUCKETS_S = (1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0)
REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

MICRO = 0.000_001

_RUN = Area("runs")
RUNS_STARTED = _RUN.counter(
    "fluxagents_runs_started_total",
    "Runs that began, without those that another run began.",
    "flow",
    "lane",
    "trigger",
)
RUNS_ENDED = _RUN.counter(
    "fluxagents_runs_ended_total",
    "Runs that ended, by outcome and whether all that was asked is answered; dead letters are an outcome.",
    "flow",
    "outcome",
    "answered",
)
RUN_SECONDS = _RUN.histogram(
    "fluxagents_run_duration_seconds",
    "From the start of a run to its end, waits for humans included.",
    "flow",
    buckets=RUN_BUCKETS_S,
)
CHILD_RUNS_ENDED = _RUN.counter(
    "fluxagents_child_runs_ended_total", "Runs that another run began and that ended.", "outcome"
)
RUNS = _RUN.gauge("fluxagents_runs", "Runs in Redis by status.", "status")
SLEEPING = _RUN.gauge(
    "fluxagents_runs_sleeping",
    "Runs that hold no worker: their step has a time (`timer`), or its turn has not come (`turn`).",
    "waits_for",
)
WAITS = _RUN.counter("fluxagents_waits_total", "Waits that flows began, for a time or an event.", "kind")
FIRST_STEP_WAIT = _RUN.histogram(
    "fluxagents_first_step_wait_seconds",
    "From the start of a run to the claim of its first step; `lane` is interactive, bulk or long.",
    "lane",
    buckets=WAIT_BUCKETS_S,
)
TIMER_DELAY = _RUN.histogram(
    "fluxagents_timer_delay_seconds", "How late timers fired.", buckets=WAIT_BUCKETS_S
)

_QUEUE = Area("queues")
QUEUE_WAIT = _QUEUE.histogram(
    "fluxagents_queue_wait_seconds",
    "From the publication of a step to its claim.",
    "queue",
    buckets=WAIT_BUCKETS_S,
)
QUEUE_MESSAGES = _QUEUE.gauge(
    "fluxagents_queue_messages", "Messages in the broker that no worker took.", "queue"
)
QUEUE_DUE = _QUEUE.gauge("fluxagents_queue_due_steps", "Steps that were published and not claimed.", "queue")
QUEUE_OLDEST = _QUEUE.gauge(
    "fluxagents_queue_oldest_step_age_seconds",
    "Age of the step that was published first and is not claimed; 0 for an empty queue.",
    "queue",
)
QUEUE_SLOTS = _QUEUE.gauge(
    "fluxagents_queue_worker_slots", "How many tasks of a queue the live workers carry out at once.", "queue"
)
UNACKED = _QUEUE.gauge(
    "fluxagents_broker_unacked_messages", "Messages that workers took and did not acknowledge."
)
MESSAGES_REFUSED = _QUEUE.counter(
    "fluxagents_messages_refused_total", "Messages that no worker took, such as unsigned ones.", "reason"
)
DELIVERIES_DROPPED = _QUEUE.counter(
    "fluxagents_deliveries_dropped_total",
    "Deliveries that changed nothing: the step was done, or another worker's.",
    "reason",
)

_STEP = Area("steps")
STEPS = _STEP.histogram(
    "fluxagents_step_duration_seconds",
    "Work of the steps that were recorded: decisions, tools, messages to humans, everything else.",
    "kind",
    buckets=WORK_BUCKETS_S,
)
ERRORS = _STEP.counter("fluxagents_errors_total", "Errors in the logs of runs, by class.", "class", "source")
RETRIES = _STEP.counter("fluxagents_retries_total", "Steps that are tried again.", "kind")
LEASES_RECLAIMED = _STEP.counter(
    "fluxagents_leases_reclaimed_total",
    "Leases that were taken back from a worker that died or took too long.",
    "queue",
)
DISPATCHES_REPAIRED = _STEP.counter(
    "fluxagents_dispatches_repaired_total",
    "Messages that the broker lost and the reconciler published again.",
    "queue",
)
LEASES = _STEP.gauge("fluxagents_leases", "Steps that workers carry out now.")

_TOOL = Area("tools")
TOOL_SECONDS = _TOOL.histogram(
    "fluxagents_tool_duration_seconds",
    "Time of tool calls.",
    "tool",
    "outcome",
    buckets=WORK_BUCKETS_S,
)
SOLVER_SECONDS = _TOOL.counter(
    "fluxagents_solver_seconds_total",
    "Time inside solvers, of the calls of tools and of the effects that humans are shown.",
    "tool",
    "solver",
    scale=MS,
)
SOLVER_TIMEOUTS = _TOOL.counter("fluxagents_tool_timeouts_total", "Tool calls that ran out of time.", "tool")
MODEL_CACHE = _TOOL.counter(
    "fluxagents_model_cache_requests_total",
    "Models that a tool wanted: found in its process (`hit`) or read from the store (`load`).",
    "result",
)
ARTIFACT_BYTES = _TOOL.counter("fluxagents_artifact_written_bytes_total", "Bytes of new artifacts.")

_CHAT = Area("chat models")
CHAT_REQUESTS = _CHAT.counter(
    "fluxagents_chat_requests_total",
    "Requests to chat models: answered, from the response cache, or refused as invalid or failed.",
    "chat_model",
    "outcome",
)
CHAT_INVALID = _CHAT.counter(
    "fluxagents_chat_invalid_answers_total",
    "Answers that were no valid decision or summary, of the refused requests.",
    "chat_model",
    "prompt",
    "version",
)
CHAT_SECONDS = _CHAT.histogram(
    "fluxagents_chat_duration_seconds",
    "Time of requests to chat models.",
    "chat_model",
    buckets=WORK_BUCKETS_S,
)
CHAT_TOKENS = _CHAT.counter(
    "fluxagents_chat_tokens_total",
    "Tokens, by chat model and by name and version of the prompt.",
    "chat_model",
    "prompt",
    "version",
    "direction",
)
CHAT_COST = _CHAT.counter(
    "fluxagents_chat_cost_total",
    "Money, in the currency of the prices of the installation; without prices nothing is counted.",
    "chat_model",
    "prompt",
    "version",
    scale=MICRO,
)
CHAT_DEFERRED = _CHAT.counter(
    "fluxagents_chat_deferred_total",
    "Decisions that waited, since the limit of requests per minute was used up.",
    "chat_model",
)

_HUMAN = Area("humans")
REQUESTS_WAITING = _HUMAN.gauge(
    "fluxagents_requests_waiting",
    "Approvals, questions and escalations that wait, by the steps of their ladder that were reached.",
    "kind",
    "level",
)
REQUESTS_OVERDUE = _HUMAN.gauge(
    "fluxagents_requests_overdue",
    "Those of them that are late: a step of the ladder was reached, or the deadline has passed.",
    "kind",
    "level",
)
REQUEST_OLDEST = _HUMAN.gauge(
    "fluxagents_request_oldest_age_seconds", "Age of the request that has waited longest."
)
REQUESTS_ASKED = _HUMAN.counter(
    "fluxagents_requests_total", "Requests to humans, by what became of them.", "kind", "outcome"
)
VOTES = _HUMAN.counter("fluxagents_votes_total", "Votes by channel and choice.", "channel", "choice")

_TRIGGER = Area("triggers")
SCHEDULE_LAST_TICK = _TRIGGER.gauge(
    "fluxagents_schedule_last_tick_timestamp_seconds",
    "When beat last fired a schedule (Unix time); `reconcile` is that of the reconciler.",
    "schedule",
)
SCHEDULE_OVERDUE = _TRIGGER.gauge(
    "fluxagents_schedule_overdue_seconds",
    "How long ago beat should have fired a schedule; 0 if it need not.",
    "schedule",
)
BEAT_UP = _TRIGGER.gauge("fluxagents_beat_up", "Whether a beat holds the lock.")
OUTBOX_ATTEMPTS = _TRIGGER.counter(
    "fluxagents_outbox_attempts_total",
    "Attempts to deliver messages: to webhooks, and to the channels of humans.",
    "family",
    "outcome",
)
OUTBOX_PENDING = _TRIGGER.gauge(
    "fluxagents_outbox_pending_messages", "Messages that wait for delivery.", "family"
)
OUTBOX_OLDEST = _TRIGGER.gauge(
    "fluxagents_outbox_oldest_pending_age_seconds",
    "Age of the oldest message that waits for delivery, of the receivers that have one.",
    "family",
)

_API = Area("api")
API_REQUESTS = _API.counter(
    "fluxagents_api_requests_total",
    "Requests to the API, by the first name of the address and the class of the status.",
    "resource",
    "method",
    "status",
)
API_SECONDS = _API.histogram(
    "fluxagents_api_request_duration_seconds",
    "Time to answer, without streams.",
    "resource",
    buckets=REQUEST_BUCKETS_S,
)
API_LISTENERS = _API.gauge(
    "fluxagents_api_listeners", "Listeners to events (SSE) of one process of the API.", "node"
)
BUILD = _API.gauge("fluxagents_build_info", "1, with the version of the API that answers.", "version")
SCRAPE_SECONDS = _API.gauge("fluxagents_scrape_duration_seconds", "How long reading these metrics took.")

_NODE = Area("nodes")
NODE_UP = _NODE.gauge("fluxagents_node_up", "Live workers, 1 each while one takes tasks, else 0.", "node")
NODE_SLOTS = _NODE.gauge("fluxagents_node_slots", "Tasks that a worker carries out at once.", "node")
NODE_ACTIVE = _NODE.gauge("fluxagents_node_active_tasks", "Tasks that a worker carries out now.", "node")
NODE_OLDEST_TASK = _NODE.gauge(
    "fluxagents_node_oldest_task_age_seconds", "How long the longest of them runs; 0 for none.", "node"
)
NODE_TASK_LIMIT = _NODE.gauge(
    "fluxagents_node_task_limit_seconds", "The time limit of a task (soft).", "node"
)
NODE_POLL_AGE = _NODE.gauge(
    "fluxagents_node_poll_age_seconds",
    "Since when a worker with a free slot has not asked its queues; 0 while all slots are taken.",
    "node",
)
NODE_MEMORY = _NODE.gauge(
    "fluxagents_node_resident_memory_bytes", "Memory of a worker with the processes of its pool.", "node"
)
NODE_DISK_FREE = _NODE.gauge(
    "fluxagents_node_disk_free_bytes", "Room on the disk of the data folder.", "node"
)
NODE_DISK_SIZE = _NODE.gauge(
    "fluxagents_node_disk_size_bytes", "Size of the disk of the data folder.", "node"
)
NODE_CLOCK_OFFSET = _NODE.gauge(
    "fluxagents_node_clock_offset_seconds", "How far the clock of a node is ahead of that of Redis.", "node"
)

_REDIS = Area("redis")
REDIS_MEMORY = _REDIS.gauge("fluxagents_redis_memory_used_bytes", "Memory of the data of Redis.")
REDIS_MEMORY_LIMIT = _REDIS.gauge(
    "fluxagents_redis_memory_limit_bytes",
    "Where Redis refuses to write: `maxmemory`, or the memory of its machine where none is set.",
)
REDIS_AOF = _REDIS.gauge(
    "fluxagents_redis_aof_ok", "Whether the append-only file is on and the last write to it succeeded."
)
REDIS_CLIENTS = _REDIS.gauge("fluxagents_redis_clients", "Connections to Redis.")
REDIS_COMMANDS = _REDIS.counter("fluxagents_redis_commands_total", "Commands that Redis carried out.")
REDIS_REPLICAS = _REDIS.gauge("fluxagents_redis_replicas", "Replicas of Redis that are in step.")
SERIES_DROPPED = _REDIS.counter(
    "fluxagents_series_dropped_total", "Counts under new labels that were not kept, since there are too many."
)

AREAS = (_RUN, _QUEUE, _STEP, _TOOL, _CHAT, _HUMAN, _TRIGGER, _API, _NODE, _REDIS)
METRICS = tuple(metric for area in AREAS for metric in area.metrics)
"""All of them, in the order of this page."""

BY_NAME = {metric.name: metric for metric in METRICS}
