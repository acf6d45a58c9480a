"""Policies as people write them, in the long form that is stored; a mistake says what a policy looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from fluxagents.flows.humans.seats import ANYONE, holds_many

_QUORUM = re.compile(r"\s*(\d{1,3})\s+of\s+\[([^\[\]]*)\]\s*")
_EXAMPLES = (
    "such as `ana`, `{any_of: [ana, ben]}`, `{all_of: [ana, ben]}` or `{quorum: 2, of: ['group:curators']}`"
)


def read_policy(value: Any) -> Any:
    """The long form of a policy as people write it; what is neither is left for the types to refuse.

    Raises:
        ValueError: If it is no policy, with what one looks like.
    """
    if isinstance(value, BaseModel):
        return value
    if not isinstance(value, Mapping):
        return {"rule": read_rule(value)}
    if "rule" in value:
        return {**value, "rule": read_rule(value["rule"])}
    beside = {name: value[name] for name in ("four_eyes", "veto", "rejections") if name in value}
    rest = {name: part for name, part in value.items() if name not in beside}
    return {"rule": read_rule(rest or ANYONE), **beside}


def read_rule(value: Any) -> Any:
    """The long form of a rule.

    Raises:
        ValueError: If it is none.
    """
    if isinstance(value, str | BaseModel):
        return value
    if isinstance(value, list | tuple):
        return {"any_of": _read_members("a list", value)}
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r:.80} names nobody; {_EXAMPLES}")  # noqa: TRY004 - pydantic wants this one
    kinds = [name for name in ("any_of", "all_of", "quorum") if name in value]
    unknown = [str(name) for name in value if name not in {"any_of", "all_of", "quorum", "of"}]
    if unknown or len(kinds) != 1:
        what = (
            f"there is no {unknown[0]!r} in a policy"
            if unknown
            else "a rule is one of any_of, all_of, quorum"
        )
        raise ValueError(f"{what}; {_EXAMPLES}")
    kind = kinds[0]
    if kind == "quorum":
        return _read_quorum(value)
    if "of" in value:
        raise ValueError(f"`of` goes with `quorum`, not with `{kind}`")
    return {kind: _read_members(f"`{kind}`", value[kind])}


def _read_quorum(value: Mapping[str, Any]) -> dict[str, Any]:
    count, of = value["quorum"], value.get("of")
    if isinstance(count, str) and of is None:
        match = _QUORUM.fullmatch(count)
        if match is None:
            raise ValueError(f"quorum {count!r:.80} is not like `2 of [group:curators]`")
        count, of = int(match[1]), [part.strip().strip("\"'") for part in match[2].split(",")]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"quorum {count!r:.80} is no number of people from 1")
    members = _read_members("`of`", of)
    most = None if any(not _names_one(member) for member in members) else len(members)
    if most is not None and count > most:
        raise ValueError(f"a quorum of {count} can never be met by {most}: {', '.join(map(str, members))}")
    return {"quorum": count, "of": members}


def _read_members(what: str, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{what} is no list that names somebody; {_EXAMPLES}")
    return [read_rule(member) for member in value]


def _names_one(member: Any) -> bool:
    """Whether at most one can come of it: a person, or a rule inside."""
    return not isinstance(member, str) or not holds_many(member)
