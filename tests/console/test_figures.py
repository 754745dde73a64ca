"""Figures in panes that are narrow: whole, to a sensible digit, and never something else than the truth."""

import pytest

from mmtui.console.keys import ACTIONS
from mmtui.console.pages import orders as orders_page
from mmtui.console.panes import bottom, estimators, latency, orders, position, risk, status
from mmtui.console.panes import help as help_page
from mmtui.console.rows import text_of
from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.view import GuardView, Mode, OrderRow, PositionView, RiskBar, View
from tests.console.conftest import a_scene
from tests.console.pictures import a_view, an_engine, killed_view


def an_order(state: str) -> OrderRow:
    return OrderRow(
        side="BUY", level=0, price=64_250.0, size=0.1, filled=0.0, state=state, age_s=1.0, cloid="0x" + "a" * 32, oid=1
    )


@pytest.mark.parametrize("price", [110_028.47, 1_000_000.5, 64_250.5, 3.14159265, 0.0000123])
@pytest.mark.parametrize("provenance", ["learned", "stale", "prior"])
@pytest.mark.parametrize("width", [40, 57, 62, 90])
def test_a_microprice_of_any_size_fits_its_column(price: float, provenance: str, width: int) -> None:
    one = EstimateView(name="microprice", value=price, unit="USD", age_s=1.0, n_eff=10.0, provenance=provenance)
    text = text_of(estimators.rows(a_scene(a_view(engine=an_engine(estimates=(one,) * 3))), width, 8))
    assert "#" not in text
    assert f"{price:.6f}"[:7] in text


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (0.000926, 5.0, "0.001 of 5 %"),
        (0.000123, 5.0, "0 of 5 %"),
        (0.030394, 100.0, "0 of 100 %"),
        (9.0091, 30.0, "9.01 of 30 %"),
        (489.63, 15_000.0, "490 of 15.0k %"),
        (3.0, 0.0, "3 of 0 %"),
    ],
)
def test_a_monitor_shows_no_digits_that_mean_nothing_beside_its_limit(
    value: float, limit: float, expected: str
) -> None:
    bar = RiskBar(name="drawdown", value=value, limit=limit, unit="%", ratio=0.1, kills=True)
    assert text_of(risk.rows(a_scene(a_view(engine=an_engine(risk=(bar,)))), 62, 3)).rstrip().endswith(expected)


def test_an_order_that_is_over_or_open_to_doubt_is_not_counted_as_resting() -> None:
    states = ("Resting", "FilledDuringCancel", "FilledImmediately", "CancelConfirmed", "Unknown")
    view = a_view(engine=an_engine(orders=tuple(map(an_order, states))))
    text = text_of(orders.rows(a_scene(view), 57, 8))
    assert "1 resting, 2 pending" in text
    assert "CancelConfirmed" in text
    assert "Filled" not in text
    assert "FilledInCancel" in text_of(orders_page.rows(a_scene(view), 57, 9))


@pytest.mark.parametrize(("ratio", "expected"), [(0.382, "39702 38%"), (65.9, ">999% away")])
def test_a_liquidation_price_far_away_is_said_to_be_so(ratio: float, expected: str) -> None:
    held = PositionView(size=0.1, limit=1.0, liquidation=39_702.0, liquidation_distance=ratio)
    assert expected in text_of(position.rows(a_scene(a_view(engine=an_engine(position=held))), 60, 5))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_after_a_kill_the_remedy_is_on_the_screen_at_every_width(width: int) -> None:
    assert ":rearm TEXT clears it" in text_of(bottom.rows(a_scene(killed_view()), width, 2))


@pytest.mark.parametrize("width", [60, 72, 120])
def test_every_guard_is_told_whatever_it_has_to_say(width: int) -> None:
    guards = (
        GuardView(name="exchange switch", state="not eligible", detail="$12,000 of $1,000,000 traded"),
        GuardView(name="guard", state="lost", detail="the guard ended"),
    )
    view: View = a_view(engine=an_engine(guards=guards))
    text = " ".join(text_of(latency.rows(a_scene(view), width, 20)).split())
    assert "exchange switch not eligible ($12,000 of $1,000,000 traded), guard lost (the guard ended)" in text


@pytest.mark.parametrize("width", [80, 120])
def test_before_the_account_was_read_no_position_is_claimed(width: int) -> None:
    at_start = a_view(engine=an_engine(mode=Mode.BOOTING, mode_reason="reading the account", position=PositionView()))
    first, second = text_of(status.rows(a_scene(at_start), width, 2)).split("\n")
    assert "BOOTING" in first
    assert second.startswith(" pos not read yet  ")
    assert "+0.0000" not in second.split("P&L")[0]


def test_every_line_of_the_help_is_whole_at_eighty_columns() -> None:
    text = text_of(help_page.rows(a_scene(a_view(), page="help"), 80, 400))
    assert ".." not in text
    assert all(action.help in text for action in ACTIONS)
