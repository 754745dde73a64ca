"""The risk pane below its bars: what trips next, as far as there is room, and the drawdown with its denominator."""

import pytest

from mmtui.console.panes import pnl, risk
from mmtui.console.rows import text_of, width_of
from mmtui.domain.trip_view import TripView
from mmtui.domain.view import PnlView, RiskBar
from tests.console.conftest import a_scene
from tests.console.pictures import a_view, an_engine

BARS = (RiskBar(name="day loss", kills=True, ratio=0.58, value=116.0, limit=200.0, unit="USD"),)
TRIPS = (
    TripView(
        name="day loss",
        follows="trading ends",
        value=116.0,
        limit=200.0,
        unit="USD",
        ratio=0.58,
        distance=84.0,
        move_bps=-83.0,
        time_s=720.0,
    ),
    TripView(
        name="position limit (configured)", follows="only reducing", value=0.1, limit=0.5, unit="BTC", ratio=0.2,
        distance=0.4,
    ),
)  # fmt: skip
SCENE = a_scene(a_view(engine=an_engine(risk=BARS, next_trips=TRIPS)))


def test_below_the_bars_the_nearest_limits_say_what_would_trip_them() -> None:
    text = text_of(risk.rows(SCENE, 62, 5))
    assert "TRIPS NEXT" in text
    assert "day loss  84 USD  price -83 bp  in 12m  trading ends" in " ".join(text.split("\n")).replace("   ", "  ")
    assert "position limit (configured)  0.4 BTC  only reducing" in text


def test_without_room_the_bars_alone_are_shown() -> None:
    assert "TRIPS NEXT" not in text_of(risk.rows(SCENE, 62, 3))
    assert "position limit" not in text_of(risk.rows(SCENE, 62, 4))


@pytest.mark.parametrize("width", [24, 30, 40, 52, 120])
def test_no_line_is_wider_than_the_pane(width: int) -> None:
    assert all(width_of(line) <= width for line in risk.rows(SCENE, width, 8))


def test_the_drawdown_is_told_in_usd_and_as_a_share_of_its_denominator() -> None:
    view = a_view(engine=an_engine(pnl=PnlView(peak=30.0, drawdown=0.02, drawdown_base=1030.0, session_drawdown=0.04)))
    assert "drawdown -20.60 2% of 1030" in text_of(pnl.rows(a_scene(view), 70, 12))
    assert "drawdown -20.60 2% of 1030, session 4%" in text_of(pnl.rows(a_scene(view), 80, 12))
