"""Where panes stand: every size is covered once, nothing overlaps, and turns are fair."""

import itertools

import pytest

from mmtui.console.panes.status import rows
from mmtui.console.scheduler import TURNS, WINDOW_S, Scheduler
from mmtui.console.screens.catalogue import BODIES, GROUPS, PANES, plan

WIDTHS = (1, 20, 39, 40, 60, 79, 80, 100, 119, 120, 150, 179, 200, 300)
HEIGHTS = (1, 2, 7, 8, 14, 23, 24, 30, 39, 40, 56, 60, 90)


@pytest.mark.parametrize("page", BODIES)
def test_every_cell_of_every_size_belongs_to_exactly_one_pane(page: str) -> None:
    for width, height in itertools.product(WIDTHS, HEIGHTS):
        owners = [[0] * width for _ in range(height)]
        for place in plan(page, width, height):
            assert place.width > 0
            assert place.height > 0
            for y in range(place.y, place.y + place.height):
                for x in range(place.x, place.x + place.width):
                    owners[y][x] += 1
        assert all(count == 1 for row in owners for count in row), (width, height)


@pytest.mark.parametrize("page", BODIES)
def test_status_is_always_first_and_the_bottom_always_last(page: str) -> None:
    for width, height in ((40, 8), (60, 14), (80, 24), (120, 40), (200, 60)):
        places = plan(page, width, height)
        assert (places[0].pane, places[0].y) == ("status", 0)
        assert places[1].pane == "alarm"
        assert (places[-1].pane, places[-1].y + places[-1].height) == ("bottom", height)


def test_every_pane_has_a_turn_and_every_plan_names_a_pane() -> None:
    assert {name for names in GROUPS.values() for name in names} == set(PANES)
    assert set(TURNS) == set(GROUPS)
    assert PANES["status"] is rows


def test_the_ladder_has_four_turns_in_a_round_and_money_two() -> None:
    scheduler = Scheduler(10.0, 0.0)
    turns = [scheduler.turn() for _ in range(16)]
    assert turns.count("ladder") == 4
    assert turns.count("money") == 2
    assert turns.count("models") == 1
    assert scheduler.interval_s == pytest.approx(1 / 40)


def test_a_console_over_its_budget_halves_its_rate_and_recovers() -> None:
    scheduler = Scheduler(10.0, 0.0)
    now = 0.0
    while now < WINDOW_S + 1:
        now += 0.025
        scheduler.account(0.0025, now)
    assert scheduler.rate_hz == 5.0
    assert scheduler.is_reduced
    assert [scheduler.turn() for _ in range(8)].count("") == 4
    for _ in range(900):
        now += 0.025
        scheduler.account(0.00001, now)
    assert scheduler.rate_hz == 10.0


def test_a_console_within_its_budget_keeps_its_rate() -> None:
    scheduler = Scheduler(10.0, 0.0)
    for tick in range(2_000):
        scheduler.account(0.0005, tick * 0.025)
    assert scheduler.rate_hz == 10.0
    assert scheduler.share == pytest.approx(0.02, rel=0.05)
