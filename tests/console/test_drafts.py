"""Staging parameter edits: what is refused at the field, and why."""

import msgspec
import pytest

from mmtui.console.drafts import LIVE_PARAMETERS, Drafts, is_one_way, shown
from mmtui.console.rows import ASCII_GLYPHS
from mmtui.console.scene import Scene
from mmtui.console.screens.catalogue import draw
from mmtui.domain.parameters import Parameter
from mmtui.domain.parameters.schema import Kind, Tightens
from mmtui.domain.view import View
from tests.console.conftest import Keyboard, a_desk
from tests.console.pictures import AT, a_session, a_view, an_engine

SIM = a_view(session=a_session(run_kind="SIM"))


def refused(key: str, text: str, view: View = SIM) -> str:
    return Drafts().stage_text(key, text, view)


def parameters_page() -> Keyboard:
    keyboard = Keyboard(a_desk(a_view())).press("5")
    draw(Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS), "parameters", 80, 24)
    return keyboard


def test_type_and_bounds_are_checked_in_words() -> None:
    assert refused("trading.risk_aversion", "9") == "9; expected 0.05 to 2"
    assert "expected a number" in refused("trading.risk_aversion", "much")
    assert refused("trading.risk_aversion", "nan") != ""
    assert refused("trading.no_such", "1") == "no parameter 'trading.no_such'"


def test_what_is_not_live_names_the_way_to_change_it() -> None:
    assert "set it in the file and restart" in refused("console.theme", "light")


@pytest.mark.parametrize(
    "row",
    [
        p
        for p in LIVE_PARAMETERS
        if p.section == "risk" and p.tightens is not None and p.kind is Kind.NUMBER and p.default
    ],
    ids=lambda p: p.key,
)
def test_a_risk_limit_can_be_tightened_but_not_loosened(row: Parameter) -> None:
    assert isinstance(row.default, int | float)
    span = 0.001 * row.default
    lower, higher = row.default - span, row.default + span
    looser = higher if row.tightens is Tightens.DOWN else lower
    if row.low <= looser <= row.high:
        assert "can only be tightened here" in refused(row.key, repr(looser))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("trading.order_notional_usd", "1500"),
        ("trading.target_liquidity", "0.02"),
        ("trading.max_position_usd", "6000"),
        ("trading.max_absolute_position_size", "0.2"),
    ],
)
def test_sizes_go_both_ways_because_the_engine_takes_them_from_a_fresh_picture(key: str, text: str) -> None:
    value = float(text)
    assert refused(key, text) == ""
    bigger = a_view(session=SIM.session, engine=an_engine(parameters={**SIM.engine.parameters, key: value}))
    assert refused(key, repr(value * 0.9), bigger) == ""
    assert refused(key, repr(value * 1.1), bigger) == ""
    assert key not in {p.key for p in LIVE_PARAMETERS if is_one_way(p)}


def test_while_live_a_size_may_shrink_at_once_but_grows_in_steps() -> None:
    assert refused("trading.order_notional_usd", "100", a_view()) == ""
    assert refused("trading.max_position_usd", "15000", a_view()).startswith("more than x2 in one change while LIVE")


def test_a_tighter_limit_is_staged() -> None:
    drafts = Drafts()
    assert drafts.stage_text("risk.max_daily_loss_usd", "400", SIM) == ""
    assert drafts.staged == {"risk.max_daily_loss_usd": 400.0}


def test_relations_between_parameters_are_checked_with_what_is_staged() -> None:
    drafts = Drafts()
    assert drafts.stage_text("strategy.ladder_config.max_depth_bps", "10", SIM) == ""
    assert "at most strategy.ladder_config.max_depth_bps = 10" in drafts.stage_text(
        "strategy.ladder_config.min_depth_bps", "12", SIM
    )


def test_a_slip_of_a_digit_is_refused_while_live_and_allowed_elsewhere() -> None:
    assert "more than x2 in one change while LIVE" in refused("trading.risk_aversion", "0.03", a_view()) or refused(
        "trading.risk_aversion", "1.3", a_view()
    ).startswith("more than x2")
    assert refused("trading.risk_aversion", "1.3", SIM) == ""
    assert refused("trading.risk_aversion", "0.6", a_view()) == ""


def test_staging_the_current_value_stages_nothing() -> None:
    drafts = Drafts()
    drafts.stage_text("trading.risk_aversion", "0.4", SIM)
    assert drafts.stage_text("trading.risk_aversion", "0.3", SIM) == ""
    assert drafts.staged == {}


def test_a_staged_value_goes_once_the_engine_has_it_and_stays_while_it_has_not() -> None:
    drafts = Drafts()
    drafts.stage_text("trading.risk_aversion", "0.4", SIM)
    drafts.follow(SIM)
    assert drafts.staged == {"trading.risk_aversion": 0.4}
    engine = an_engine()
    applied = a_view(
        engine=msgspec.structs.replace(engine, parameters={**engine.parameters, "trading.risk_aversion": 0.4})
    )
    drafts.follow(applied)
    assert drafts.staged == {}


def test_editing_stages_and_sends_nothing_until_applied_and_confirmed_when_live() -> None:
    keyboard = parameters_page()
    keyboard.press("j", "j", "j", "j", "e", "ctrl+u", "0", ".", "4", "enter")
    assert keyboard.desk.drafts.staged == {"trading.risk_aversion": 0.4}
    assert keyboard.sent == []
    keyboard.press("a")
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None
    assert keyboard.desk.ask.headline == "risk_aversion 0.3 -> 0.4"
    keyboard.draw().wait(0.4).press("y")
    assert len(keyboard.sent) == 1


def test_a_refused_value_keeps_the_field_open() -> None:
    keyboard = parameters_page()
    keyboard.press("j", "j", "j", "j", "e", "ctrl+u", "9", "enter")
    assert keyboard.desk.field is not None
    assert keyboard.desk.drafts.staged == {}
    keyboard.press("escape")
    assert keyboard.desk.field is None


def test_escape_drops_what_is_staged_and_says_so() -> None:
    keyboard = Keyboard(a_desk(a_view())).press("5")
    keyboard.desk.drafts.stage_text("trading.risk_aversion", "0.4", keyboard.desk.view)
    keyboard.press("escape")
    assert keyboard.desk.drafts.staged == {}
    assert keyboard.note == "1 staged value dropped, nothing sent"


def test_undo_shows_what_it_goes_back_to_before_it_asks() -> None:
    keyboard = Keyboard(a_desk(a_view())).press("5", "u")
    assert keyboard.desk.ask is not None
    assert keyboard.desk.ask.headline == "trading.risk_aversion 0.3 -> 0.2"
    nothing = Keyboard(a_desk(a_view(engine=an_engine(parameter_changes=(), at=AT)))).press("5", "u")
    assert nothing.note == "nothing to undo in this session"


def test_set_on_the_command_line_stages_and_applies_at_once_outside_live() -> None:
    keyboard = Keyboard(a_desk(SIM))
    keyboard.desk.run_line("set risk_aversion 0.4", keyboard.now)
    assert [command.changes for command in keyboard.sent] == [{"trading.risk_aversion": 0.4}]  # type: ignore[attr-defined]
    keyboard.desk.run_line("set risk_aversion 99", keyboard.now)
    assert keyboard.note == "risk_aversion: 99; expected 0.05 to 2"


def test_values_are_shown_as_they_are_typed() -> None:
    assert [shown(v) for v in (None, True, False, 0.30, 5, "glft")] == ["unset", "true", "false", "0.3", "5", "glft"]


def test_every_live_parameter_says_in_one_line_what_a_change_of_it_does() -> None:
    silent = [row.key for row in LIVE_PARAMETERS if not row.effect or len(row.effect) > 110]
    assert silent == []
