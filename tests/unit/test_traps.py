"""What went wrong elsewhere, or here before, and the tests that would fail if it did so again."""

from __future__ import annotations

import ast

import pytest
from tests.support.places import ROOT

TOOLS = "tests/contract/test_tools.py"
FBA = "tests/unit/tasks/fba"
FAULTS = "tests/chaos/test_faults.py"
STORE = "tests/contract/test_run_store.py"
SERVICES = "tests/integration/test_services.py"
RUNS = "tests/integration/test_runs.py"
APP = "tests/unit/workers/celery/test_app.py"
CONTROL = "tests/unit/scheduler/runs/test_request_control.py"
GROUNDING = "tests/unit/tasks/chat/test_grounding.py"
ALERTS = "tests/unit/workers/observing/monitoring/test_alerts.py"
PAGES = "tests/integration/http/test_answer_pages.py"
SLACK = "tests/integration/test_slack.py"
MAIL = "tests/integration/test_mail_in.py"
AUTHORITY = "tests/unit/scheduler/people/test_authority.py"

TRAPS = {
    "infeasible knock-outs were filed as `no effect`": (
        f"{FBA}/deletions/test_analyze_essentiality.py::test_infeasible_knock_out_is_lethal",
        f"{FBA}/changes/test_knock_out.py::test_a_lethal_knock_out_is_a_result",
    ),
    "a threshold that was called a fraction was used as a flux": (
        f"{FBA}/deletions/test_analyze_essentiality.py::test_threshold_is_a_fraction_so_slow_growth_changes_nothing",
    ),
    "unknown arguments were ignored": (
        f"{TOOLS}::test_unknown_argument_is_refused_with_the_nearest",
        f"{TOOLS}::test_schema_round_trips_and_refuses_extras",
    ),
    "an edit of a medium did less or more than was asked for, or nothing, and reported success": (
        f"{FBA}/changes/test_apply_medium.py::test_nothing_changed_is_an_error",
        f"{FBA}/media/test_medium_words.py::test_words_that_order_nothing_are_an_error",
        f"{FBA}/media/test_medium_words.py::test_an_increase_without_an_amount_says_so",
        f"{FBA}/media/library/test_compounds.py::test_classes_have_their_members",
    ),
    "growth on a compound was 0, since the map of ids had 20 entries": (
        f"{FBA}/media/library/test_compound_index.py::test_annotations_are_read_when_the_id_says_nothing",
        f"{FBA}/media/test_compare_media_performance.py::test_compounds_without_an_exchange_are_reported",
        f"{FBA}/media/screens/test_screen_nutrients.py::test_carbon_sources_of_the_core_model",
    ),
    "arguments stood in the agent, and the chat model gave none": (
        "tests/integration/test_openai_compatible.py::test_a_call_comes_back_as_a_decision_with_the_usage_that_the_endpoint_reports",
        "tests/unit/tasks/chat/test_decider.py::test_what_is_no_valid_decision_is_an_error_with_the_way_out",
    ),
    "the chat model saw 200 characters of a result": (
        f"{TOOLS}::test_displays_keep_to_their_size",
        f"{FBA}/deletions/test_analyze_essentiality.py::test_key_findings_show_all_that_fits",
    ),
    "percentages came from lists that were cut": (
        f"{FBA}/media/test_compare_media_performance.py::test_fractions_and_counts_come_from_the_full_data",
    ),
    "parallel was in series, pause never set, recurring ended after 10, retries unused": (
        "tests/integration/test_flow_nodes.py::test_a_map_works_on_some_items_at_once_and_joins_them_in_order",
        f"{RUNS}::test_pause_and_resume",
        "tests/unit/scheduler/schedules/test_grid.py::test_intervals_recur_without_bound",
        "tests/unit/tasks/test_protocol.py::test_a_step_that_may_succeed_later_waits_in_the_store_and_is_tried_again",
    ),
    "a backend that failed answered with canned text": (
        "tests/unit/tasks/chat/test_fallback.py::test_when_both_are_out_the_error_is_of_the_first_one_and_tells_of_the_second",
        "tests/unit/workers/chat_models/test_chat_model.py::test_nobody_is_the_fallback_unless_it_is_named",
    ),
    "the check for invented numbers never read the text of the chat model": (
        f"{GROUNDING}::test_numbers_are_traced_with_their_units_to_what_the_run_knows",
        f"{GROUNDING}::test_the_answer_of_a_run_says_which_numbers_are_not_traced",
    ),
    "the path of an artifact led elsewhere": (
        "tests/integration/http/test_attacks.py::test_paths_lead_to_no_file",
    ),
    "gap filling swallowed its error and ignored its medium": (
        f"{FBA}/changes/test_gapfill_model.py::test_a_named_function_in_another_medium_is_restored",
        f"{FBA}/changes/test_gapfill_model.py::test_what_cannot_be_filled_is_a_result",
    ),
    "a message was gone with the worker that had just taken it": (
        f"{FAULTS}::test_a_killed_worker_loses_no_step",
        f"{RUNS}::test_a_step_whose_worker_is_killed_goes_on_elsewhere",
        "tests/unit/tasks/test_protocol.py::test_what_could_not_be_published_is_published_by_the_reconciler",
    ),
    "a step longer than the visibility timeout ran four times": (
        "tests/chaos/test_messages.py::test_a_step_longer_than_the_visibility_timeout_runs_once",
        f"{STORE}::test_a_commit_without_a_lease_is_stale",
        f"{APP}::test_redis_hands_a_task_out_again_only_after_its_hard_limit",
    ),
    "a task that kills its worker came again for ever": (
        f"{STORE}::test_a_step_that_is_delivered_too_often_is_exhausted",
        "tests/unit/tasks/test_protocol.py::test_a_step_that_kills_its_worker_each_time_ends_in_the_dead_letters",
    ),
    "the next task was published before the result was stored": (
        f"{FAULTS}::test_a_client_killed_before_it_published_loses_no_run",
        "tests/unit/tasks/test_protocol.py::test_what_could_not_be_published_is_published_by_the_reconciler",
    ),
    "tasks that wait for a time sat in workers and were delivered again and again": (
        f"{APP}::test_no_message_waits_in_a_worker_or_comes_back_by_itself",
    ),
    "the whole state in each message grew with history": (
        "tests/unit/workers/celery/test_step_messages.py::test_a_large_state_stays_in_the_store",
        f"{STORE}::test_a_claim_without_a_state_is_given_the_stored_one",
    ),
    "the lock of beat lived for 25 minutes, and ticks came twice": (
        f"{APP}::test_beat_keeps_a_short_lock_under_our_prefix",
        "tests/integration/test_schedules.py::test_each_tick_has_one_run_with_two_beats_and_goes_on_when_one_is_killed",
    ),
    "Redis lost its queue at a restart": (
        "tests/integration/test_embedded_redis.py::test_it_keeps_everything_and_evicts_nothing",
        "tests/unit/workers/host/test_checks.py::test_a_durable_redis_is_fine",
    ),
    "Flower let anyone start tasks, and ids made a series of metrics for each run": (
        f"{RUNS}::test_flower_starts_nothing",
        f"{SERVICES}::test_flower_lets_nobody_start_or_stop_anything",
        "tests/unit/workers/celery/test_step_messages.py::test_ids_stand_in_no_name_that_metrics_are_counted_by",
        "tests/integration/test_metrics.py::test_labels_without_end_are_dropped_and_counted",
    ),
    "the table of tokens was downloaded at first use": (
        "tests/unit/prompts/context/test_tokens.py::test_counts_are_those_of_cl100k_and_name_their_table",
    ),
    "a question was finished with a number that answers another one": (
        "tests/unit/flows/engine/test_answered.py::test_a_run_has_answered_as_much_as_findings_answer",
        "tests/integration/http/test_runs.py::test_the_result_says_what_is_answered",
    ),
    "a negative secretion and a yield of -1 were an answer": (
        f"{FBA}/design/test_run_production_envelope.py::test_what_the_cell_takes_up_is_no_product",
        f"{FBA}/design/test_run_production_envelope.py::test_more_carbon_than_was_taken_up_is_refused",
    ),
    "the growth column showed the reference growth beside `infeasible`": (
        "tests/unit/scheduler/batches/test_asked_conditions.py::test_growth_is_that_without_oxygen_if_that_was_asked",
        "tests/unit/scheduler/batches/test_asked_conditions.py::test_a_condition_says_what_differs_from_the_run",
    ),
    "the value of any objective was called growth": (
        f"{TOOLS}::test_growth_is_the_flux_of_biomass_whatever_factor_and_sense_the_objective_has",
    ),
    "the first example of the help failed": (
        "tests/unit/workers/test_help_examples.py::test_an_example_is_a_call_that_the_command_takes",
        "tests/unit/workers/chat_models/planner/test_flow_choice.py::test_each_example_question_of_a_tool_asks_for_it",
    ),
    "tables in a pipe were cut": (
        "tests/unit/workers/commands/display/test_table_layout.py::test_without_a_screen_every_row_is_one_whole_line",
    ),
    "the page of monitoring showed the password of the broker": (
        f"{SERVICES}::test_no_page_and_no_file_shows_a_secret",
        "tests/integration/test_traces_and_logs.py::test_no_log_holds_a_secret_of_the_settings_or_what_looks_like_one",
        "tests/unit/workers/test_cli.py::test_a_bug_is_not_hidden_but_what_is_in_it_from_outside",
    ),
    "an id that looked like an internal key blocked another run": (
        "tests/unit/flows/texts/test_grammar.py::test_no_hostile_id_is_taken",
        "tests/integration/test_archive.py::test_a_run_with_the_name_of_a_key_blocks_no_other",
    ),
    "a full disk ended the supervisor, and its status did not notice": (
        "tests/integration/test_full_disk.py::test_a_full_disk_ends_nothing_and_is_said",
        "tests/integration/test_full_disk.py::test_a_service_whose_process_has_ended_is_not_said_to_run",
    ),
    "each start of a run read all flows anew": (
        "tests/unit/scheduler/flow_files/test_flow_library.py::test_a_changed_file_is_seen",
        "tests/unit/prompts/test_file_identity.py::test_unchanged_files_are_read_once",
    ),
    "a batch took the first step of all runs before the second of any": (
        "tests/integration/test_load.py::test_a_batch_finishes_its_first_runs_before_its_last_has_begun",
        "tests/unit/workers/celery/test_queues.py::test_runs_under_way_come_before_first_steps_of_the_same_lane",
    ),
    "metrics of one child were taken for those of all": (
        "tests/integration/test_metrics.py::test_what_is_delivered_twice_is_counted_once",
        "tests/integration/test_metrics.py::test_twenty_flows_have_few_series_and_a_scrape_does_not_look_at_runs",
    ),
    "each publish began a new trace": (
        "tests/integration/test_traces_and_logs.py::test_a_run_whose_worker_is_killed_is_one_tree_of_spans_without_a_gap",
        "tests/unit/flows/texts/test_trace_context.py::test_what_a_step_begins_has_its_span_for_a_parent",
    ),
    "an alert divided what cannot be divided, and never fired": (
        f"{ALERTS}::test_every_alert_has_a_fault",
        f"{ALERTS}::test_each_fault_fires_its_alert_and_nothing_else_fires",
    ),
    "building a model needed a commercial solver, or never ended": (
        f"{FBA}/genomes/test_build_metabolic_model.py::test_the_score_is_the_best_and_the_gap_says_so",
        f"{FBA}/genomes/test_build_metabolic_model.py::test_a_search_that_is_out_of_time_says_so",
    ),
    "the last hour of daylight-saving time lost a tick": (
        "tests/unit/scheduler/schedules/test_cron_ticks.py::test_a_minutely_schedule_misses_no_minute_of_a_doubled_hour",
        "tests/unit/scheduler/schedules/test_grid.py::test_a_skipped_hour_is_due_once_and_a_repeated_one_too",
    ),
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
"""What happened, and the tests, wherever they stand."""


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_is_tried_by_a_test(trap: str) -> None:
    for test in TRAPS[trap]:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, test
