"""What can be done, and what it takes: the least role, and the scope that a key must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from fluxagents.flows.people.roles import Role


class Scope(StrEnum):
    """What a key is good for."""

    READ = "read"
    RUNS = "runs"
    APPROVALS = "approvals"
    MODELS = "models"
    SCHEDULES = "schedules"
    PROMPTS = "prompts"
    WEBHOOKS = "webhooks"
    PEOPLE = "people"


class Action(StrEnum):
    """Something that a person does, as the audit log names it."""

    RUN_READ = "run.read"
    RUN_START = "run.start"
    RUN_PAUSE = "run.pause"
    RUN_RESUME = "run.resume"
    RUN_CANCEL = "run.cancel"
    RUN_RETRY = "run.retry"
    RUN_SIGNAL = "run.signal"
    RUN_EDIT = "run.edit"
    RUN_FORK = "run.fork"
    RUN_IMPORT = "run.import"
    RUN_ROLL_BACK = "run.roll_back"
    RUN_MIGRATE = "run.migrate"
    RUN_RATE = "run.rate"
    RUN_CORRECT = "run.correct"
    RUN_COMMENT = "run.comment"
    RUN_WATCH = "run.watch"
    RUN_ARCHIVE = "run.archive"
    SESSION_CREATE = "session.create"
    SESSION_DESCRIBE = "session.describe"
    SESSION_LIMIT = "session.limit"
    SESSION_SHARE = "session.share"
    SESSION_HAND_OVER = "session.hand_over"
    SESSION_CLOSE = "session.close"
    SESSION_OPEN = "session.open"
    SESSION_ARCHIVE = "session.archive"
    SESSION_RESTORE = "session.restore"
    SESSION_IMPORT = "session.import"
    NOTEBOOK_WRITE = "notebook.write"
    NOTEBOOK_SHARE = "notebook.share"
    NOTEBOOK_REVOKE = "notebook.revoke"
    REQUEST_APPROVE = "request.approve"
    REQUEST_REJECT = "request.reject"
    REQUEST_REPLY = "request.reply"
    REQUEST_CLAIM = "request.claim"
    REQUEST_RELEASE = "request.release"
    REQUEST_ASSIGN = "request.assign"
    REQUEST_EDIT = "request.edit"
    REQUEST_ABSTAIN = "request.abstain"
    REQUEST_RECUSE = "request.recuse"
    REQUEST_DELEGATE = "request.delegate"
    STANDING_GRANT = "standing.grant"
    STANDING_REVOKE = "standing.revoke"
    REQUEST_ASK = "request.ask"
    REQUEST_TAKE_OVER = "request.take_over"
    MODEL_ADD = "model.add"
    MODEL_REMOVE = "model.remove"
    ARTIFACT_ADD = "artifact.add"
    MEDIUM_ADD = "medium.add"
    SCHEDULE_ADD = "schedule.add"
    SCHEDULE_REMOVE = "schedule.remove"
    SCHEDULE_TRIGGER = "schedule.trigger"
    SCHEDULE_PAUSE = "schedule.pause"
    SCHEDULE_RESUME = "schedule.resume"
    SCHEDULE_BACKFILL = "schedule.backfill"
    TRIGGER_ADD = "trigger.add"
    TRIGGER_REMOVE = "trigger.remove"
    TRIGGER_PAUSE = "trigger.pause"
    TRIGGER_RESUME = "trigger.resume"
    TRIGGER_BACKFILL = "trigger.backfill"
    TRIGGER_REPLAY = "trigger.replay"
    TRIGGER_ROTATE = "trigger.rotate"
    TRIGGER_WATCH = "trigger.watch"
    WEBHOOK_ADD = "webhook.add"
    WEBHOOK_REMOVE = "webhook.remove"
    WEBHOOK_ROTATE = "webhook.rotate"
    WEBHOOK_ENABLE = "webhook.enable"
    WEBHOOK_TEST = "webhook.test"
    WEBHOOK_RESEND = "webhook.resend"
    CHANNEL_RESEND = "channel.resend"
    PROMPT_REGISTER = "prompt.register"
    PROMPT_PROMOTE = "prompt.promote"
    PROMPT_ROLL_BACK = "prompt.roll_back"
    PROMPT_EXPERIMENT = "prompt.experiment"
    PERSON_ADD = "person.add"
    PERSON_CHANGE = "person.change"
    PERSON_PREFER = "person.prefer"
    PERSON_REMOVE = "person.remove"
    SERVICE_ADD = "service.add"
    GROUP_CHANGE = "group.change"
    GROUP_REMOVE = "group.remove"
    ROLE_GRANT = "role.grant"
    KEY_CREATE = "key.create"
    KEY_CREATE_FOR_OTHER = "key.create_for_other"
    KEY_REVOKE = "key.revoke"
    KEY_REVOKE_OF_OTHER = "key.revoke_of_other"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    AUDIT_READ = "audit.read"
    LOG_LEVEL = "log.level"


@dataclass(frozen=True, slots=True)
class Need:
    """What an action takes."""

    role: Role | None
    """None: any role, held anywhere."""
    scope: Scope


_RUNS = Need(Role.RUNNER, Scope.RUNS)
_MODELS = Need(Role.RUNNER, Scope.MODELS)
_SCHEDULES = Need(Role.RUNNER, Scope.SCHEDULES)
_PROMPTS = Need(Role.ADMIN, Scope.PROMPTS)
_WEBHOOKS = Need(Role.ADMIN, Scope.WEBHOOKS)
_PEOPLE = Need(Role.ADMIN, Scope.PEOPLE)
_OWN = Need(None, Scope.PEOPLE)

NEEDS: Mapping[Action, Need] = MappingProxyType(
    {
        Action.RUN_READ: Need(Role.VIEWER, Scope.READ),
        Action.RUN_START: _RUNS,
        Action.RUN_PAUSE: _RUNS,
        Action.RUN_RESUME: _RUNS,
        Action.RUN_CANCEL: _RUNS,
        Action.RUN_RETRY: _RUNS,
        Action.RUN_SIGNAL: _RUNS,
        Action.RUN_EDIT: Need(Role.APPROVER, Scope.RUNS),
        Action.RUN_FORK: _RUNS,
        Action.RUN_IMPORT: _RUNS,
        Action.RUN_ROLL_BACK: _RUNS,
        Action.RUN_MIGRATE: _RUNS,
        Action.RUN_RATE: Need(Role.VIEWER, Scope.RUNS),
        Action.RUN_CORRECT: Need(Role.VIEWER, Scope.RUNS),
        Action.RUN_COMMENT: Need(Role.VIEWER, Scope.RUNS),
        Action.RUN_WATCH: Need(Role.VIEWER, Scope.READ),
        Action.RUN_ARCHIVE: Need(Role.ADMIN, Scope.RUNS),
        Action.SESSION_CREATE: _RUNS,
        Action.SESSION_DESCRIBE: _RUNS,
        Action.SESSION_LIMIT: Need(Role.APPROVER, Scope.RUNS),
        Action.SESSION_SHARE: Need(Role.RUNNER, Scope.PEOPLE),
        Action.SESSION_HAND_OVER: Need(Role.RUNNER, Scope.PEOPLE),
        Action.SESSION_CLOSE: _RUNS,
        Action.SESSION_OPEN: _RUNS,
        Action.SESSION_ARCHIVE: _RUNS,
        Action.SESSION_RESTORE: _RUNS,
        Action.SESSION_IMPORT: _RUNS,
        Action.NOTEBOOK_WRITE: _RUNS,
        Action.NOTEBOOK_SHARE: Need(Role.RUNNER, Scope.PEOPLE),
        Action.NOTEBOOK_REVOKE: Need(Role.RUNNER, Scope.PEOPLE),
        Action.REQUEST_APPROVE: Need(Role.APPROVER, Scope.APPROVALS),
        Action.REQUEST_REJECT: Need(Role.APPROVER, Scope.APPROVALS),
        Action.REQUEST_REPLY: Need(Role.RUNNER, Scope.APPROVALS),
        Action.REQUEST_CLAIM: Need(Role.RUNNER, Scope.APPROVALS),
        Action.REQUEST_RELEASE: Need(Role.RUNNER, Scope.APPROVALS),
        Action.REQUEST_ASSIGN: Need(Role.APPROVER, Scope.APPROVALS),
        Action.REQUEST_EDIT: Need(Role.APPROVER, Scope.APPROVALS),
        Action.REQUEST_ABSTAIN: Need(Role.RUNNER, Scope.APPROVALS),
        Action.REQUEST_RECUSE: Need(Role.RUNNER, Scope.APPROVALS),
        Action.REQUEST_DELEGATE: Need(Role.RUNNER, Scope.APPROVALS),
        Action.STANDING_GRANT: Need(Role.APPROVER, Scope.APPROVALS),
        Action.STANDING_REVOKE: Need(Role.APPROVER, Scope.APPROVALS),
        Action.REQUEST_ASK: Need(Role.APPROVER, Scope.APPROVALS),
        Action.REQUEST_TAKE_OVER: Need(Role.APPROVER, Scope.APPROVALS),
        Action.MODEL_ADD: _MODELS,
        Action.MODEL_REMOVE: _MODELS,
        Action.ARTIFACT_ADD: _MODELS,
        Action.MEDIUM_ADD: _MODELS,
        Action.SCHEDULE_ADD: _SCHEDULES,
        Action.SCHEDULE_REMOVE: _SCHEDULES,
        Action.SCHEDULE_TRIGGER: _SCHEDULES,
        Action.SCHEDULE_PAUSE: _SCHEDULES,
        Action.SCHEDULE_RESUME: _SCHEDULES,
        Action.SCHEDULE_BACKFILL: _SCHEDULES,
        Action.TRIGGER_ADD: _SCHEDULES,
        Action.TRIGGER_REMOVE: _SCHEDULES,
        Action.TRIGGER_PAUSE: _SCHEDULES,
        Action.TRIGGER_RESUME: _SCHEDULES,
        Action.TRIGGER_BACKFILL: _SCHEDULES,
        Action.TRIGGER_REPLAY: _SCHEDULES,
        Action.TRIGGER_ROTATE: _SCHEDULES,
        # It reads files with the rights of the workers.
        Action.TRIGGER_WATCH: Need(Role.ADMIN, Scope.SCHEDULES),
        Action.WEBHOOK_ADD: _WEBHOOKS,
        Action.WEBHOOK_REMOVE: _WEBHOOKS,
        Action.WEBHOOK_ROTATE: _WEBHOOKS,
        Action.WEBHOOK_ENABLE: _WEBHOOKS,
        Action.WEBHOOK_TEST: _WEBHOOKS,
        Action.WEBHOOK_RESEND: _WEBHOOKS,
        Action.CHANNEL_RESEND: _WEBHOOKS,
        Action.PROMPT_REGISTER: _PROMPTS,
        Action.PROMPT_PROMOTE: _PROMPTS,
        Action.PROMPT_ROLL_BACK: _PROMPTS,
        Action.PROMPT_EXPERIMENT: _PROMPTS,
        Action.PERSON_ADD: _PEOPLE,
        Action.PERSON_CHANGE: _PEOPLE,
        Action.PERSON_PREFER: _OWN,
        Action.PERSON_REMOVE: _PEOPLE,
        Action.SERVICE_ADD: _PEOPLE,
        Action.GROUP_CHANGE: _PEOPLE,
        Action.GROUP_REMOVE: _PEOPLE,
        Action.ROLE_GRANT: _PEOPLE,
        Action.KEY_CREATE: _OWN,
        Action.KEY_CREATE_FOR_OTHER: _PEOPLE,
        Action.KEY_REVOKE: _OWN,
        Action.KEY_REVOKE_OF_OTHER: _PEOPLE,
        Action.SIGN_IN: _OWN,
        Action.SIGN_OUT: _OWN,
        Action.AUDIT_READ: _PEOPLE,
        Action.LOG_LEVEL: _PEOPLE,
    }
)
"""For every action."""
