"""The changes of a prompt since it shipped: a log that only grows, and its fold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, get_args

from pydantic import Field, TypeAdapter

from fluxagents.flows.events import Frozen

Label = Literal["production", "candidate"]
LABELS: tuple[Label, ...] = get_args(Label)
PRODUCTION: Label = "production"
"""What runs get; without it they get the version that ships."""


class EntryBase(Frozen):
    """Who did it and when (Unix time in ms)."""

    by: str = ""
    at_ms: int = Field(default=0, ge=0)


class Registered(EntryBase):
    """A version was added; number and content belong together from then on."""

    type: Literal["Registered"] = "Registered"
    version: str
    digest: str


class Promoted(EntryBase):
    """A version took over a label. As `production` it also ends the experiment."""

    type: Literal["Promoted"] = "Promoted"
    label: Label
    version: str
    digest: str


class RolledBack(EntryBase):
    """A label went back to the version that had it before, or to none."""

    type: Literal["RolledBack"] = "RolledBack"
    label: Label


class Arm(Frozen):
    """One variant of an experiment."""

    version: str
    digest: str
    weight: int = Field(ge=1)


class ExperimentBegan(EntryBase):
    """Runs that begin with the prompt are shared out among variants."""

    type: Literal["ExperimentBegan"] = "ExperimentBegan"
    arms: tuple[Arm, ...] = Field(min_length=2)


class ExperimentEnded(EntryBase):
    """New runs get one version again."""

    type: Literal["ExperimentEnded"] = "ExperimentEnded"


Entry = Annotated[
    Registered | Promoted | RolledBack | ExperimentBegan | ExperimentEnded, Field(discriminator="type")
]

ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
"""Reads and writes one entry as JSON."""


@dataclass(frozen=True, slots=True)
class PromptState:
    """The registered versions, labels and experiment of a prompt after its log."""

    registered: Mapping[str, str] = field(default_factory=dict)
    """Version -> sha256 of its content."""
    promotions: Mapping[Label, tuple[Promoted, ...]] = field(default_factory=dict)
    """Label -> the promotions that a rollback undoes, the present one last."""
    arms: tuple[Arm, ...] = ()
    """The variants of the experiment that runs now."""

    def holder(self, label: Label) -> Promoted | None:
        """The promotion that holds now."""
        stack = self.promotions.get(label, ())
        return stack[-1] if stack else None


def fold_log(log: Iterable[Entry]) -> PromptState:
    """The fold of a prompt's log."""
    state = PromptState()
    for entry in log:
        state = _apply(state, entry)
    return state


def assign_arm(name: str, run_id: str, arms: tuple[Arm, ...]) -> Arm:
    """The variant of a run: by hash, in proportion to the weights, always the same, apart for each prompt."""
    point = int.from_bytes(hashlib.sha256(f"{name}\n{run_id}".encode()).digest()) % sum(
        arm.weight for arm in arms
    )
    for arm in arms:
        point -= arm.weight
        if point < 0:
            return arm
    raise AssertionError(arms)


def _apply(state: PromptState, entry: Entry) -> PromptState:
    if isinstance(entry, Registered):
        return replace(state, registered={**state.registered, entry.version: entry.digest})
    if isinstance(entry, Promoted):
        promotions = {**state.promotions, entry.label: (*state.promotions.get(entry.label, ()), entry)}
        return replace(state, promotions=promotions, arms=() if entry.label == PRODUCTION else state.arms)
    if isinstance(entry, RolledBack):
        promotions = {**state.promotions, entry.label: state.promotions.get(entry.label, ())[:-1]}
        return replace(state, promotions=promotions)
    if isinstance(entry, ExperimentBegan):
        return replace(state, arms=entry.arms)
    return replace(state, arms=())


@dataclass(frozen=True, slots=True)
class TrialPeriod:
    """When runs were shared out among certain versions; Unix time in ms."""

    from_ms: int
    to_ms: int | None
    """None while the experiment goes on."""

    def covers(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


def find_trial_period(log: Iterable[Entry], digests: Iterable[str]) -> TrialPeriod | None:
    """The last experiment that had all these versions as arms, if there was one."""
    tested, state = frozenset(digests), PromptState()
    period: TrialPeriod | None = None
    for entry in log:
        before, state = state, _apply(state, entry)
        if before.arms == state.arms and not isinstance(entry, ExperimentBegan):
            continue
        if period and period.to_ms is None:
            period = replace(period, to_ms=entry.at_ms)
        if tested <= {arm.digest for arm in state.arms}:
            period = TrialPeriod(entry.at_ms, None)
    return period
