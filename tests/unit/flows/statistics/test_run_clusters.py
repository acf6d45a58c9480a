"""Which runs ask the same, which answers disagree, and which values stand out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.statistics.question_terms import find_terms
from fluxagents.flows.statistics.run_clusters import Cluster, Observation, cluster_runs, score_values


def observe(
    run_id: str,
    question: str = "Which genes are essential on acetate?",
    *,
    model: str = "m",
    condition: str = "",
    flow: str = "metabolic_analysis",
    outcome: str = "finished, answered: yes",
    numbers: Mapping[str, float] | None = None,
) -> Observation:
    return Observation(
        run_id=run_id,
        flow=flow,
        question=question,
        condition=condition,
        model=model,
        model_digest=f"sha256:{model}",
        outcome=outcome,
        numbers=numbers or {},
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Which genes are essential on acetate?", "On acetate, which gene is essential"),
        ("Growth with 10 mmol of glucose", "growth with 10.0 mmol of GLUCOSE"),
        ("Does it grow without oxygen?", "does the model grow with no oxygen"),
        ("What is the growth rate?", "Please show me the growth rate"),
    ],
)
def test_questions_that_ask_the_same(one: str, other: str) -> None:
    assert find_terms(one) == find_terms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("succinate from glucose", "glucose from succinate"),
        ("growth with oxygen", "growth without oxygen"),
        ("growth on 10 mmol glucose", "growth on 5 mmol glucose"),
        ("essential genes", "essential reactions"),
        ("b0720", "b0721"),
    ],
)
def test_questions_that_do_not(one: str, other: str) -> None:
    assert find_terms(one) != find_terms(other)


@given(
    st.lists(st.sampled_from(["growth", "genes", "acetate", "b0720", "flux"]), min_size=1).flatmap(
        lambda words: st.tuples(st.just(words), st.permutations(words))
    )
)
def test_the_order_of_words_without_prepositions_says_nothing(words: tuple[list[str], list[str]]) -> None:
    assert find_terms(" ".join(words[0])) == find_terms(" ".join(words[1]))


def test_runs_are_of_one_cluster_by_flow_question_and_condition() -> None:
    clusters = cluster_runs(
        [
            observe("a"),
            observe("b", "on acetate: which gene is essential"),
            observe("c", condition="EX_o2_e=0"),
            observe("d", flow="panel"),
            observe("e", model="n"),
        ]
    )
    assert [cluster.runs for cluster in clusters] == [("a", "b", "e"), ("d",), ("c",)]
    assert clusters[0].question == "Which genes are essential on acetate?"
    assert clusters[0].models == ("m", "n")


def only(observations: list[Observation]) -> Cluster:
    (cluster,) = cluster_runs(observations)
    return cluster


def test_answers_about_one_model_disagree_by_outcome_and_number_but_not_by_noise() -> None:
    cluster = only(
        [
            observe("a", numbers={"growth_per_h": 0.8739215, "genes_count": 7}),
            observe("b", numbers={"growth_per_h": 0.8739215 * (1 + 1e-8), "genes_count": 8}),
            observe("c", outcome="failed"),
            observe("d", outcome=""),
            observe("e", model="other", numbers={"growth_per_h": 0.1}),
        ]
    )
    assert {found.what: dict(found.values) for found in cluster.disagreements} == {
        "outcome": {"a": "finished, answered: yes", "b": "finished, answered: yes", "c": "failed"},
        "genes_count": {"a": 7, "b": 8},
    }
    assert cluster.outcomes == {"finished, answered: yes": 3, "failed": 1, "open": 1}


def test_a_model_stands_out_among_others_by_its_modified_z_score() -> None:
    growth = {"m1": 0.80, "m2": 0.82, "m3": 0.85, "m4": 0.88, "m5": 0.90, "m6": 2.0}
    cluster = only([observe(f"r-{m}", model=m, numbers={"growth_per_h": g}) for m, g in growth.items()])
    (outlier,) = cluster.outliers
    assert (outlier.runs, outlier.model, outlier.value) == (("r-m6",), "m6", 2.0)
    # By hand: median 0.865, absolute deviations 0.065 0.045 0.015 0.015 0.035 1.135, their median 0.04.
    assert outlier.median == pytest.approx(0.865)
    assert outlier.score == pytest.approx(0.6745 * 1.135 / 0.04)


def test_a_run_on_the_only_model_stands_out_among_its_runs() -> None:
    values = [1.0, 1.0, 1.0, 1.0, 1.0, 5.0]
    cluster = only([observe(f"r{at}", numbers={"x": value}) for at, value in enumerate(values)])
    (outlier,) = cluster.outliers
    # The MAD is 0: the mean absolute deviation, 4 / 6, takes its place.
    assert outlier.runs == ("r5",)
    assert outlier.score == pytest.approx(4 / (1.2533 * 4 / 6))


def test_of_few_values_none_stands_out() -> None:
    assert score_values({"a": 1.0, "b": 1.0, "c": 1.0, "d": 99.0}) == {}
    assert set(score_values(dict.fromkeys("abcdef", 2.0)).values()) == {0.0}


@given(st.dictionaries(st.text(min_size=1), st.floats(-1e6, 1e6), min_size=5), st.floats(-1e3, 1e3))
def test_scores_do_not_depend_on_the_origin(values: dict[str, float], shift: float) -> None:
    values = {key: round(value, 3) for key, value in values.items()}
    shifted = {key: value + round(shift, 3) for key, value in values.items()}
    assert score_values(shifted) == pytest.approx(score_values(values), rel=1e-3, abs=1e-3)
