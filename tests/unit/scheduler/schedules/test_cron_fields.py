"""Cron expressions: what their fields allow, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.schedules.cron_fields import NICKNAMES, read_cron
from fluxagents.scheduler.schedules.grid import cron


@pytest.mark.parametrize(
    ("field", "weekdays"),
    [
        ("7", {0}),
        ("0", {0}),
        ("sun", {0}),
        ("Sunday", {0}),
        ("5-7", {5, 6, 0}),
        ("0-7", {0, 1, 2, 3, 4, 5, 6}),
        ("7-2", {0, 1, 2}),
        ("fri-sun", {5, 6, 0}),
        ("fri-mon", {5, 6, 0, 1}),
        ("1,7", {1, 0}),
        ("mon,wed,SUN", {1, 3, 0}),
        ("1-7/2", {1, 3, 5, 0}),
        ("*/2", {0, 2, 4, 6}),
        ("7/3", {0, 3, 6}),
        ("5/1", {5, 6}),
    ],
)
def test_weekdays_are_numbers_or_names_and_7_is_sunday(field: str, weekdays: set[int]) -> None:
    assert read_cron(f"0 2 * * {field}").weekdays == weekdays


@pytest.mark.parametrize(
    ("field", "minutes"),
    [
        ("*/20", {0, 20, 40}),
        ("5/20", {5, 25, 45}),
        ("5-59/20", {5, 25, 45}),
        ("10-12,58-1", {10, 11, 12, 58, 59, 0, 1}),
        ("3,*/30", {3, 0, 30}),
    ],
)
def test_steps_have_offsets_and_ranges_wrap(field: str, minutes: set[int]) -> None:
    assert read_cron(f"{field} * * * *").minutes == minutes


def test_months_have_names() -> None:
    assert read_cron("0 0 1 jan,MAR-may,december *").months == {1, 3, 4, 5, 12}


@pytest.mark.parametrize(("name", "same"), NICKNAMES.items())
def test_names_stand_for_expressions(name: str, same: str) -> None:
    assert read_cron(name.upper()) == read_cron(same)
    assert cron(name, "Europe/Vienna").expression == name


@pytest.mark.parametrize(
    ("days", "due"),
    [
        # 1 and 8 June 2026 are Mondays, the 15th and 22nd too.
        ("1 * *", {1}),
        ("* * mon", {1, 8, 15, 22, 29}),
        ("10 * mon", {1, 8, 10, 15, 22, 29}),
        ("*/7 * mon", {1, 8, 15, 22, 29}),
        ("10-20 * */7", {14}),
    ],
)
def test_one_of_two_day_fields_is_enough_unless_one_begins_with_a_star(days: str, due: set[int]) -> None:
    fields = read_cron(f"0 0 {days}")
    assert {day for day in range(1, 31) if fields.allow(date(2026, 6, day))} == due


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 0 30 2 *", "no month '2' has a day '30'"),
        ("0 0 31 4,jun,9,11 *", "has a day '31'"),
        ("0 0 L * *", "sign of Quartz"),
        ("0 0 15W * *", "sign of Quartz"),
        ("0 0 ? * 1", "sign of Quartz"),
        ("0 0 * * 5L", "sign of Quartz"),
        ("0 0 * * friL", "sign of Quartz"),
        ("0 0 * * mon#2", "sign of Quartz"),
        ("0 0 * * 8", "weekday '8': '8' is not 0-7"),
        ("0 24 * * *", "hour '24'"),
        ("0 0 0 * *", "day '0'"),
        ("0 0 * mon *", "month 'mon'"),
        ("0 0 * * 1,", "weekday '1,'"),
        ("*-5 * * * *", "minute"),
        ("1-2-3 * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("*/0 * * * *", "a step of 0"),
        ("*/90 * * * *", "a step of more than 60; see --every"),
        ("0 0 0 * * *", "has 6 fields, not five"),
        ("@reboot", "not one of @yearly"),
        ("@every 6h", "not one of @yearly"),
    ],
)
def test_an_expression_that_cannot_be_meant_is_refused_with_its_field(expression: str, reason: str) -> None:
    with pytest.raises(FluxError) as caught:
        cron(expression)
    assert expression in caught.value.message
    assert reason in caught.value.message
    assert any("--every" in suggestion for suggestion in caught.value.suggestions)


def test_an_impossible_date_beside_a_weekday_is_due_on_the_weekday() -> None:
    assert cron("0 0 30 2 mon").expression == "0 0 30 2 mon"
