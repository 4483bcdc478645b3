"""The gates as a function of rules and facts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hub.migration.gates import Facts, WindowFacts, clean_in_a_row, evaluate, refused, warnings
from hub.records.lanes import FlowCadence
from hub.settings.migrations import MigrationRules

RULES = MigrationRules()
CLEAN = WindowFacts(1, True, 0, 0, 4.0, (), 100)
QUIET = WindowFacts(1, True, 0, 0, None, (), 0)
DIRTY = WindowFacts(2, False, 2, 1, 4.0, ("41 VALUE CANDIDATE_WRONG contact_media.value",), 100)


def facts(*windows: WindowFacts) -> Facts:
    return Facts(FlowCadence.REAL_TIME, False, windows, 0, 0, 0.1, ())


GOOD = facts(CLEAN, CLEAN, CLEAN)


def names(rules: MigrationRules, given_facts: Facts) -> list[str]:
    return [result.name for result in refused(evaluate(rules, given_facts))]


def test_three_clean_windows_pass_every_gate() -> None:
    assert [(result.name, result.ok, result.measured, result.limit) for result in evaluate(RULES, GOOD)] == [
        ("clean_windows", True, 3, 3),
        ("unexplained", True, 0, 0),
        ("unexplained_on_key_fields", True, 0, 0),
        ("lag_p95_s", True, 4.0, 60.0),
        ("quarantine_open", True, 0, 0),
        ("budget_share", True, 0.1, 0.5),
        ("prerequisites", True, 0, 0),
        ("windows_waiting", True, 0, 0),
    ]


def test_without_windows_nothing_is_passed_by_silence() -> None:
    assert names(RULES, facts()) == ["clean_windows"]


def test_windows_in_which_nothing_was_compared_pass_with_a_warning() -> None:
    quiet = evaluate(RULES, facts(CLEAN, QUIET, QUIET, QUIET))
    assert (refused(quiet), warnings(quiet)) == (
        [],
        ["clean_windows: nothing was there to compare: clean, but no proof"],
    )
    assert warnings(evaluate(RULES, facts(QUIET, QUIET, CLEAN))) == []
    assert warnings(evaluate(RULES, facts())) == []


def test_a_dirty_window_is_shown_with_its_examples() -> None:
    results = {result.name: result for result in evaluate(RULES, facts(CLEAN, CLEAN, DIRTY))}
    assert (results["clean_windows"].measured, results["unexplained"].measured) == (0, 2)
    assert str(results["unexplained_on_key_fields"]) == (
        "unexplained_on_key_fields: 1 (limit 0): 41 VALUE CANDIDATE_WRONG contact_media.value"
    )


def test_tolerance_never_covers_key_fields() -> None:
    tolerated = replace(DIRTY, clean=False)
    assert names(RULES.model_copy(update={"unexplained_max": 10}), facts(CLEAN, CLEAN, tolerated)) == [
        "clean_windows",
        "unexplained_on_key_fields",
    ]


def test_each_fact_closes_its_own_gate() -> None:
    assert names(RULES, replace(GOOD, quarantine_open=1)) == ["quarantine_open"]
    assert names(RULES, replace(GOOD, budget_share=0.51)) == ["budget_share"]
    assert names(RULES, replace(GOOD, unmet=("flow crm-customers is WEEKLY only",))) == ["prerequisites"]
    assert names(RULES, replace(GOOD, waiting=1)) == ["windows_waiting"]
    slow = replace(CLEAN, lag_p95_s=61.0)
    assert names(RULES, facts(CLEAN, CLEAN, slow)) == ["lag_p95_s"]


def test_net_effects_are_asked_of_what_leaves_only() -> None:
    rules = RULES.model_copy(update={"unexplained_max": 10, "clean_windows": 1})
    odd = WindowFacts(1, True, 1, 0, None, ("7 DOUBLED",), 1)
    assert names(rules, facts(odd)) == []
    assert names(rules, replace(facts(odd), outbound=True)) == ["net_effects_equal"]


def test_a_lane_of_a_day_is_measured_in_days() -> None:
    slow = replace(CLEAN, lag_p95_s=86_400.0)
    assert names(RULES, replace(facts(slow, slow, slow), cadence=FlowCadence.DAILY)) == []
    assert names(RULES.model_copy(update={"lag_p95_slo_s": 10.0}), facts(slow, slow, slow)) == ["lag_p95_s"]


@given(st.lists(st.booleans()))
def test_a_dirty_window_starts_the_count_anew(clean: list[bool]) -> None:
    windows = [replace(CLEAN, number=number, clean=each) for number, each in enumerate(clean)]
    after = clean[::-1].index(False) if False in clean else len(clean)
    assert clean_in_a_row(windows) == after


def test_a_flow_says_where_it_differs_and_keeps_the_rest() -> None:
    company = MigrationRules(clean_windows=5, drift_max=2)
    assert company.within(MigrationRules(clean_windows=1)) == MigrationRules(clean_windows=1, drift_max=2)
    assert company.within(None) == company
