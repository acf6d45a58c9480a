"""What remarks mean: ratings that count, claims that hold, and who is mentioned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.mentions import find_mentions
from fluxagents.flows.people.ratings import find_corrections, find_ratings, rate_steps
from fluxagents.flows.people.remarks import (
    Correction,
    Rating,
    Remark,
    RemarkBody,
    RequestRelease,
)
from fluxagents.flows.people.request_claims import check_claimed_by, find_claim, plan_claim

PEOPLE, GROUPS = ("ann", "bob.", "eve@lab.org"), ("curators",)


def remark(body: RemarkBody, by: str = "ann", on: str = "run") -> Remark:
    return Remark(number=1, at_ms=1, by=by, on=on, body=body)


def test_the_newest_rating_of_a_person_counts_on_each_subject() -> None:
    remarks = [
        remark(Rating(stars=1)),
        remark(Rating(stars=5), by="bob"),
        remark(Rating(stars=4)),
        remark(Rating(stars=2), on="step:3"),
    ]
    assert find_ratings(remarks) == {"run": {"ann": 4, "bob": 5}, "step:3": {"ann": 2}}


def test_a_decision_has_its_own_ratings_or_those_of_its_run() -> None:
    ratings = {"run": {"ann": 4, "bob": 5}, "step:3": {"ann": 2}}
    assert rate_steps(ratings, [3, 9]) == 2
    assert rate_steps(ratings, [9]) == 4.5
    assert rate_steps({}, [3]) is None


def test_the_newest_correction_of_a_person_counts() -> None:
    first, other = remark(Correction(answer="7")), remark(Correction(answer="8"), by="bob")
    last = remark(Correction(answer="9"))
    assert find_corrections([first, other, last]) == [other, last]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ann, look", ("ann",)),
        ("ask @bob.", ("bob.",)),
        ("ask @ann.", ("ann",)),
        ("(@curators) and @group:curators!", ("group:curators",)),
        ("mail to ann@lab.org says nothing", ()),
        ("@eve@lab.org", ("eve@lab.org",)),
        ("5 mmol @ 37 °C", ()),
    ],
)
def test_people_and_groups_are_mentioned(text: str, names: tuple[str, ...]) -> None:
    assert find_mentions(text, PEOPLE, GROUPS) == names


def test_nobody_is_mentioned_in_vain() -> None:
    with pytest.raises(FluxError, match="'@anna'") as caught:
        find_mentions("@anna look", PEOPLE, GROUPS)
    assert caught.value.kind is ErrorClass.UNKNOWN_ID
    assert "ann" in caught.value.suggestions[0]


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("claim", "force", "release", "wait")),
        st.sampled_from(("ann", "bob", "eve")),
        st.integers(1, 50),
    ),
    max_size=40,
)


@given(ACTS)
def test_at_every_time_at_most_one_person_has_a_request(acts: list[tuple[str, str, int]]) -> None:
    """Against a model that is a name and a time."""
    remarks: list[Remark] = []
    now, holder, until = 0, "", 0
    for act, by, time in acts:
        now += time if act == "wait" else 0
        if now >= until:
            holder = ""
        if act in {"claim", "force"}:
            free = holder in {"", by}
            try:
                body = plan_claim(remarks, "r.1", by, now_ms=now, for_ms=time, force=act == "force")
            except FluxError:
                assert not free
                assert act == "claim"
            else:
                assert free or act == "force"
                assert body.taken_from == ("" if free else holder)
                remarks.append(remark(body, by))
                holder, until = by, now + time
        elif act == "release" and by == holder:
            remarks.append(remark(RequestRelease(request_id="r.1"), by))
            holder = ""
        held = find_claim(remarks, "r.1", now)
        assert (held.by if held else "") == holder
        for person in ("ann", "bob", "eve"):
            if holder in {"", person}:
                check_claimed_by(remarks, "r.1", person, now)
            else:
                with pytest.raises(FluxError, match=f"claimed by '{holder}'"):
                    check_claimed_by(remarks, "r.1", person, now)
        assert find_claim(remarks, "r.2", now) is None
