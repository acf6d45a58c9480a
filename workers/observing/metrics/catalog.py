"""Every metric of an installation: exporter, reference, dashboards and alerts come from this list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fluxagents.workers.observing.metrics.amounts import SEPARATOR

Kind = Literal["counter", "gauge", "histogram"]
Topic = Literal[
    "runs", "queues", "steps", "tools", "chat models", "humans", "triggers", "api", "nodes", "redis"
]

WAIT_BUCKETS_S = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0)
"""Of waits, which `metrics.lua` counts: it has the same bounds in ms."""
WORK_BUCKETS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0)
RUN_BUCKETS_S = (1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0)
REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

MS = 0.001
MICRO = 0.000_001


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured."""

    name: str
    kind: Kind
    topic: Topic
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, in the unit of its name."""
    scale: float = 1.0
    """What one stands for that the store counts, in the unit of the name: it counts whole numbers."""

    def series(self, *values: str) -> str:
        """The name under which the store counts for these values of the labels."""
        assert len(values) == len(self.labels), f"{self.name} has the labels {self.labels}"
        return SEPARATOR.join((self.name, *values))


RUNS_STARTED = Metric(
    "fluxagents_runs_started_total",
    "counter",
    "runs",
    "Runs that began, without those that another run began.",
    ("flow", "lane", "trigger"),
)
RUNS_ENDED = Metric(
    "fluxagents_runs_ended_total",
    "counter",
    "runs",
    "Runs that ended, by outcome and whether all that was asked is answered; dead letters are an outcome.",
    ("flow", "outcome", "answered"),
)
RUN_SECONDS = Metric(
    "fluxagents_run_duration_seconds",
    "histogram",
    "runs",
    "From the start of a run to its end, waits for humans included.",
    ("flow",),
    RUN_BUCKETS_S,
    MS,
)
CHILD_RUNS_ENDED = Metric(
    "fluxagents_child_runs_ended_total",
    "counter",
    "runs",
    "Runs that another run began and that ended.",
    ("outcome",),
)
RUNS = Metric("fluxagents_runs", "gauge", "runs", "Runs in Redis by status.", ("status",))
SLEEPING = Metric(
    "fluxagents_runs_sleeping",
    "gauge",
    "runs",
    "Runs that hold no worker: their step has a time (`timer`), or its turn has not come (`turn`).",
    ("waits_for",),
)
WAITS = Metric(
    "fluxagents_waits_total", "counter", "runs", "Waits that flows began, for a time or an event.", ("kind",)
)
FIRST_STEP_WAIT = Metric(
    "fluxagents_first_step_wait_seconds",
    "histogram",
    "runs",
    "From the start of a run to the claim of its first step; `lane` is interactive, bulk or long.",
    ("lane",),
    WAIT_BUCKETS_S,
    MS,
)
TIMER_DELAY = Metric(
    "fluxagents_timer_delay_seconds",
    "histogram",
    "runs",
    "How late timers fired.",
    (),
    WAIT_BUCKETS_S,
    MS,
)

QUEUE_WAIT = Metric(
    "fluxagents_queue_wait_seconds",
    "histogram",
    "queues",
    "From the publication of a step to its claim.",
    ("queue",),
    WAIT_BUCKETS_S,
    MS,
)
QUEUE_MESSAGES = Metric(
    "fluxagents_queue_messages", "gauge", "queues", "Messages in the broker that no worker took.", ("queue",)
)
QUEUE_DUE = Metric(
    "fluxagents_queue_due_steps", "gauge", "queues", "Steps that were published and not claimed.", ("queue",)
)
QUEUE_OLDEST = Metric(
    "fluxagents_queue_oldest_step_age_seconds",
    "gauge",
    "queues",
    "Age of the step that was published first and is not claimed; 0 for an empty queue.",
    ("queue",),
)
QUEUE_SLOTS = Metric(
    "fluxagents_queue_worker_slots",
    "gauge",
    "queues",
    "How many tasks of a queue the live workers carry out at once.",
    ("queue",),
)
UNACKED = Metric(
    "fluxagents_broker_unacked_messages",
    "gauge",
    "queues",
    "Messages that workers took and did not acknowledge.",
)
MESSAGES_REFUSED = Metric(
    "fluxagents_messages_refused_total",
    "counter",
    "queues",
    "Messages that no worker took, such as unsigned ones.",
    ("reason",),
)
DELIVERIES_DROPPED = Metric(
    "fluxagents_deliveries_dropped_total",
    "counter",
    "queues",
    "Deliveries that changed nothing: the step was done, or another worker's.",
    ("reason",),
)

STEPS = Metric(
    "fluxagents_step_duration_seconds",
    "histogram",
    "steps",
    "Work of the steps that were recorded: decisions, tools, messages to humans, everything else.",
    ("kind",),
    WORK_BUCKETS_S,
    MS,
)
ERRORS = Metric(
    "fluxagents_errors_total",
    "counter",
    "steps",
    "Errors in the logs of runs, by class.",
    ("class", "source"),
)
RETRIES = Metric("fluxagents_retries_total", "counter", "steps", "Steps that are tried again.", ("kind",))
LEASES_RECLAIMED = Metric(
    "fluxagents_leases_reclaimed_total",
    "counter",
    "steps",
    "Leases that were taken back from a worker that died or took too long.",
    ("queue",),
)
DISPATCHES_REPAIRED = Metric(
    "fluxagents_dispatches_repaired_total",
    "counter",
    "steps",
    "Messages that the broker lost and the reconciler published again.",
    ("queue",),
)
LEASES = Metric("fluxagents_leases", "gauge", "steps", "Steps that workers carry out now.")

TOOL_SECONDS = Metric(
    "fluxagents_tool_duration_seconds",
    "histogram",
    "tools",
    "Time of tool calls, nearly all of it in the solver.",
    ("tool", "outcome"),
    WORK_BUCKETS_S,
    MS,
)
SOLVER_TIMEOUTS = Metric(
    "fluxagents_tool_timeouts_total", "counter", "tools", "Tool calls that ran out of time.", ("tool",)
)
MODEL_CACHE = Metric(
    "fluxagents_model_cache_requests_total",
    "counter",
    "tools",
    "Models that a tool wanted: found in its process (`hit`) or read from the store (`load`).",
    ("result",),
)
ARTIFACT_BYTES = Metric(
    "fluxagents_artifact_written_bytes_total", "counter", "tools", "Bytes of new artifacts."
)

CHAT_REQUESTS = Metric(
    "fluxagents_chat_requests_total",
    "counter",
    "chat models",
    "Requests to chat models: answered, from the response cache, or refused as invalid or failed.",
    ("chat_model", "outcome"),
)
CHAT_SECONDS = Metric(
    "fluxagents_chat_duration_seconds",
    "histogram",
    "chat models",
    "Time of requests to chat models.",
    ("chat_model",),
    WORK_BUCKETS_S,
    MS,
)
CHAT_TOKENS = Metric(
    "fluxagents_chat_tokens_total",
    "counter",
    "chat models",
    "Tokens, by chat model and by name and version of the prompt.",
    ("chat_model", "prompt", "version", "direction"),
)
CHAT_COST = Metric(
    "fluxagents_chat_cost_total",
    "counter",
    "chat models",
    "Money, in the currency of the prices of the installation; without prices nothing is counted.",
    ("chat_model", "prompt", "version"),
    scale=MICRO,
)
CHAT_DEFERRED = Metric(
    "fluxagents_chat_deferred_total",
    "counter",
    "chat models",
    "Decisions that waited, since the limit of requests per minute was used up.",
    ("chat_model",),
)

REQUESTS_WAITING = Metric(
    "fluxagents_requests_waiting",
    "gauge",
    "humans",
    "Approvals, questions and escalations that wait, by the steps of their ladder that were reached.",
    ("kind", "level"),
)
REQUESTS_OVERDUE = Metric(
    "fluxagents_requests_overdue",
    "gauge",
    "humans",
    "Those of them that are late: a step of the ladder was reached, or the deadline has passed.",
    ("kind", "level"),
)
REQUEST_OLDEST = Metric(
    "fluxagents_request_oldest_age_seconds", "gauge", "humans", "Age of the request that has waited longest."
)
REQUESTS_ASKED = Metric(
    "fluxagents_requests_total",
    "counter",
    "humans",
    "Requests to humans, by what became of them.",
    ("kind", "outcome"),
)
VOTES = Metric(
    "fluxagents_votes_total", "counter", "humans", "Votes by channel and choice.", ("channel", "choice")
)

SCHEDULE_LAST_TICK = Metric(
    "fluxagents_schedule_last_tick_timestamp_seconds",
    "gauge",
    "triggers",
    "When beat last fired a schedule (Unix time); `reconcile` is that of the reconciler.",
    ("schedule",),
)
SCHEDULE_OVERDUE = Metric(
    "fluxagents_schedule_overdue_seconds",
    "gauge",
    "triggers",
    "How long ago beat should have fired a schedule; 0 if it need not.",
    ("schedule",),
)
BEAT_UP = Metric("fluxagents_beat_up", "gauge", "triggers", "Whether a beat holds the lock.")
OUTBOX_ATTEMPTS = Metric(
    "fluxagents_outbox_attempts_total",
    "counter",
    "triggers",
    "Attempts to deliver messages: to webhooks, and to the channels of humans.",
    ("family", "outcome"),
)
OUTBOX_PENDING = Metric(
    "fluxagents_outbox_pending_messages", "gauge", "triggers", "Messages that wait for delivery.", ("family",)
)
OUTBOX_OLDEST = Metric(
    "fluxagents_outbox_oldest_pending_age_seconds",
    "gauge",
    "triggers",
    "Age of the oldest message that waits for delivery, of the receivers that have one.",
    ("family",),
)

API_REQUESTS = Metric(
    "fluxagents_api_requests_total",
    "counter",
    "api",
    "Requests to the API, by the first name of the address and the class of the status.",
    ("resource", "method", "status"),
)
API_SECONDS = Metric(
    "fluxagents_api_request_duration_seconds",
    "histogram",
    "api",
    "Time to answer, without streams.",
    ("resource",),
    REQUEST_BUCKETS_S,
    MS,
)
API_LISTENERS = Metric(
    "fluxagents_api_listeners",
    "gauge",
    "api",
    "Listeners to events (SSE) of one process of the API.",
    ("node",),
)

NODE_UP = Metric(
    "fluxagents_node_up", "gauge", "nodes", "Live workers, 1 each while one takes tasks, else 0.", ("node",)
)
NODE_SLOTS = Metric(
    "fluxagents_node_slots", "gauge", "nodes", "Tasks that a worker carries out at once.", ("node",)
)
NODE_ACTIVE = Metric(
    "fluxagents_node_active_tasks", "gauge", "nodes", "Tasks that a worker carries out now.", ("node",)
)
NODE_OLDEST_TASK = Metric(
    "fluxagents_node_oldest_task_age_seconds",
    "gauge",
    "nodes",
    "How long the longest of them runs; 0 for none.",
    ("node",),
)
NODE_TASK_LIMIT = Metric(
    "fluxagents_node_task_limit_seconds", "gauge", "nodes", "The time limit of a task (soft).", ("node",)
)
NODE_POLL_AGE = Metric(
    "fluxagents_node_poll_age_seconds",
    "gauge",
    "nodes",
    "Since when a worker with a free slot has not asked its queues; 0 while all slots are taken.",
    ("node",),
)
NODE_MEMORY = Metric(
    "fluxagents_node_resident_memory_bytes",
    "gauge",
    "nodes",
    "Memory of a worker with the processes of its pool.",
    ("node",),
)
NODE_DISK_FREE = Metric(
    "fluxagents_node_disk_free_bytes", "gauge", "nodes", "Room on the disk of the data folder.", ("node",)
)
NODE_DISK_SIZE = Metric(
    "fluxagents_node_disk_size_bytes", "gauge", "nodes", "Size of the disk of the data folder.", ("node",)
)
NODE_CLOCK_OFFSET = Metric(
    "fluxagents_node_clock_offset_seconds",
    "gauge",
    "nodes",
    "How far the clock of a node is ahead of that of Redis.",
    ("node",),
)

REDIS_MEMORY = Metric("fluxagents_redis_memory_used_bytes", "gauge", "redis", "Memory of the data of Redis.")
REDIS_MEMORY_LIMIT = Metric(
    "fluxagents_redis_memory_limit_bytes",
    "gauge",
    "redis",
    "Where Redis refuses to write: `maxmemory`, or the memory of its machine where none is set.",
)
REDIS_AOF = Metric(
    "fluxagents_redis_aof_ok",
    "gauge",
    "redis",
    "Whether the append-only file is on and the last write to it succeeded.",
)
REDIS_CLIENTS = Metric("fluxagents_redis_clients", "gauge", "redis", "Connections to Redis.")
REDIS_COMMANDS = Metric(
    "fluxagents_redis_commands_total", "counter", "redis", "Commands that Redis carried out."
)
REDIS_REPLICAS = Metric("fluxagents_redis_replicas", "gauge", "redis", "Replicas of Redis that are in step.")
SERIES_DROPPED = Metric(
    "fluxagents_series_dropped_total",
    "counter",
    "redis",
    "Counts under new labels that were not kept, since there are too many.",
)
BUILD = Metric(
    "fluxagents_build_info", "gauge", "api", "1, with the version of the API that answers.", ("version",)
)
SCRAPE_SECONDS = Metric(
    "fluxagents_scrape_duration_seconds", "gauge", "api", "How long reading these metrics took."
)

METRICS: tuple[Metric, ...] = tuple(each for each in list(globals().values()) if isinstance(each, Metric))
"""All of them, in the order of this page."""

BY_NAME = {metric.name: metric for metric in METRICS}
