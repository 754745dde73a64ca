"""Every term that a strategy may name is explained, and by inputs that a picture holds."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort

from mmtui.domain.explanation.explain import explained
from mmtui.domain.explanation.notes import NOTES
from mmtui.domain.parameters import PARAMETERS
from mmtui.domain.view import EngineView, LevelView, Mode, SessionView, TermView, View
from mmtui.strategies.registry import BUILT_IN
from tests.unit.strategies.quote_contexts import random_contexts, settings

STRATEGIES = Path(__file__).resolve().parents[3] / "mmtui" / "strategies"
SESSION = SessionView(
    run_kind="SIM",
    network="sim",
    account="",
    coin="X",
    asset="X",
    dex="",
    strategy="ladder",
    run_id="r",
    started_at=0.0,
    price_decimals=2,
    size_decimals=2,
)


def a_view(**engine) -> View:
    return View(session=SESSION, engine=EngineView(at=1.0, **engine))


def test_every_term_named_in_the_source_has_a_note() -> None:
    named = set()
    for path in STRATEGIES.rglob("*.py"):
        named |= set(re.findall(r'Term\(\s*"([^"]+)"', path.read_text()))
    assert len(named) > 20
    assert named <= set(NOTES)


@effort(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random_contexts())
def test_every_term_that_any_strategy_makes_has_a_note(context) -> None:
    for name, make in BUILT_IN.items():
        for mode in ("glft", "literal") if name in ("glft", "ladder") else ("glft",):
            ladder = make().ladder(context, settings(strategy__glft_mode=mode))
            found = {term.name for level in (*ladder.bids, *ladder.asks) for term in level.waterfall.terms}
            assert found <= set(NOTES)


def test_every_setting_that_a_note_names_exists() -> None:
    keys = {row.key for row in PARAMETERS}
    named = {name for note in NOTES.values() for name in note.inputs if "." in name}
    assert {name for name in named if name.split(".")[0] not in ("account", "market")} <= keys


def test_the_running_sum_ends_at_the_price() -> None:
    terms = (TermView("fill rate", 3.0), TermView("fee", 1.5), TermView("grid rounding", 0.5))
    level = LevelView(side="SELL", level=0, price=100.05, size=1.0, reference=100.0, reference_name="mid", terms=terms)
    (one,) = explained(a_view(mode=Mode.QUOTING, levels=(level,)), side="SELL").levels
    assert [step.running_bps for step in one.steps] == [3.0, 4.5, 5.0]
    assert one.steps[-1].running_price == pytest.approx(100.05)


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_side_without_levels_says_what_holds_for_all(side: str) -> None:
    view = a_view(mode=Mode.PAUSED, mode_reason="op")
    (one,) = explained(view, side=side).levels
    assert (one.level, one.price) == (-1, None)
    assert "PAUSED: op" in one.absent_because


def test_a_level_is_chosen_by_its_number_and_side() -> None:
    levels = tuple(
        LevelView(side=side, level=index, price=100.0, size=1.0, reference=100.0)
        for side in ("BUY", "SELL")
        for index in range(3)
    )
    view = a_view(mode=Mode.QUOTING, levels=levels)
    assert [(one.side, one.level) for one in explained(view, level=1).levels] == [("BUY", 1), ("SELL", 1)]
    assert [(one.side, one.level) for one in explained(view, level=1, side="SELL").levels] == [("SELL", 1)]
    assert explained(view, level=7).levels == ()
