"""What went wrong with approvals elsewhere, by open reports, and the tests that it does not here."""

from __future__ import annotations

import ast

import pytest
from tests.support.places import ROOT

CONTROL = "tests/unit/scheduler/runs/test_request_control.py"
PAGES = "tests/integration/http/test_answer_pages.py"
SLACK = "tests/integration/test_slack.py"
MAIL = "tests/integration/test_mail_in.py"
AUTHORITY = "tests/unit/scheduler/people/test_authority.py"
TRAPS = {
    "an approval was honoured for other arguments than those shown": (
        f"{CONTROL}::test_a_vote_on_old_arguments_does_not_count_and_says_so",
        f"{SLACK}::test_a_button_of_other_arguments_or_of_somebody_who_may_not_decides_nothing",
        "tests/unit/flows/engine/test_request_model.py::test_every_way_of_six_acts_has_one_sound_end",
    ),
    "a second webhook approved twice": (
        "tests/chaos/test_approvals.py::test_an_answer_counts_once_however_often_and_whenever_it_comes",
        f"{PAGES}::test_a_confirmed_answer_counts_once_and_the_log_says_whose_it_is",
        f"{CONTROL}::test_two_of_a_group_decide_and_one_person_has_one_vote_over_all_channels",
    ),
    "a link in a mail was opened by a scanner and so approved the request": (
        f"{PAGES}::test_looking_and_prefetching_decide_nothing",
        f"{PAGES}::test_a_form_that_is_not_confirmed_decides_nothing",
    ),
    "buttons in a chat stayed after an answer elsewhere": (
        f"{SLACK}::test_a_button_answers_once_and_all_copies_are_replaced",
        f"{SLACK}::test_an_answer_elsewhere_and_a_cancelled_run_replace_the_buttons",
    ),
    "a button stayed live until a slow action ended": (
        f"{SLACK}::test_a_button_answers_once_and_all_copies_are_replaced",
        f"{SLACK}::test_a_channel_that_hangs_or_cannot_be_opened_delays_no_other",
    ),
    "`assign to A and B` meant whoever comes first, though both were meant": (
        "tests/unit/flows/humans/test_verdict.py::test_a_policy_is_met_by_its_definition_and_in_any_order",
        "tests/unit/scheduler/runs/test_policies_guide.py::test_a_policy_of_the_guide_does_what_it_says",
    ),
    "an approval expired only when somebody looked at it": (
        "tests/integration/test_deadlines.py::test_an_approval_that_nobody_gives_in_time_leads_on",
        f"{CONTROL}::test_a_ladder_reminds_asks_others_and_denies_at_last",
    ),
    "on a time-out the agent went on": (
        f"{CONTROL}::test_a_ladder_reminds_asks_others_and_denies_at_last",
        f"{CONTROL}::test_silence_does_not_agree_over_somebody_who_says_no",
        "tests/integration/test_deadlines.py::test_a_run_may_not_wait_longer_than_its_budget",
    ),
    "anyone could approve under any name": (
        f"{AUTHORITY}::test_a_request_is_answered_by_those_whom_it_names_and_by_no_admin",
        f"{AUTHORITY}::test_nobody_acts_under_no_name",
        f"{AUTHORITY}::test_a_service_that_speaks_for_others_lends_them_its_channel_and_not_its_rights",
        f"{MAIL}::test_who_is_not_vouched_for_or_unknown_gets_nothing_and_no_answer",
        f"{MAIL}::test_a_reply_address_is_its_persons_alone",
        f"{PAGES}::test_a_link_gives_its_person_no_more_rights",
    ),
    "a reply that was not meant as one approved": (
        f"{MAIL}::test_a_reply_decides_only_where_it_is_clear",
        "tests/unit/scheduler/channels/test_decision.py::test_what_is_not_clear_decides_nothing",
    ),
}
"""What happened elsewhere, and the tests, wherever they stand."""


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_is_tried_by_a_test(trap: str) -> None:
    for test in TRAPS[trap]:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, test
