"""Changing parameters with keys: steps, refusals in words, previews, applying, conflicts, undoing, saving, presets."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.console.drafts import LIVE_PARAMETERS
from mmtui.console.edits.steps import step_size, stepped
from mmtui.console.rows import ASCII_GLYPHS
from mmtui.console.scene import Scene
from mmtui.console.screens.catalogue import draw
from mmtui.domain.commands import Act, SetParameters, Verb
from mmtui.domain.consultations import (
    KeepPreset,
    ListPresets,
    Presets,
    Preview,
    Previewed,
    ReadPreset,
    Rehearse,
    Rehearsed,
    RehearsedRow,
    Saved,
    SaveParameters,
    Unable,
)
from mmtui.domain.parameters import Refusal, Value, parameter
from mmtui.domain.parameters.schema import Kind
from mmtui.domain.view import ParameterChange, View
from tests.console.answering import a_preview
from tests.console.conftest import Keyboard, a_desk
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, a_session, a_view, an_engine

AVERSION = "trading.risk_aversion"
SIZES = [(80, 24), (120, 40), (200, 60)]


def simulated(**changes: object) -> View:
    engine = an_engine()
    values = {**engine.parameters, **changes}
    return a_view(
        session=a_session(run_kind="SIM", run_id="one"), engine=msgspec.structs.replace(engine, parameters=values)
    )


def page(view: View | None = None, text: str = "risk_aversion") -> Keyboard:
    """The parameters page with the cursor on one of them."""
    keyboard = Keyboard(a_desk(view or simulated())).press("5", "/", *text, "enter")
    screen(keyboard)
    return keyboard


def link_of(keyboard: Keyboard) -> MemoryLink:
    assert isinstance(keyboard.desk.link, MemoryLink)
    return keyboard.desk.link


def screen(keyboard: Keyboard, width: int = 120, height: int = 40) -> str:
    return "\n".join(draw(Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS), "parameters", width, height))


def typed(keyboard: Keyboard, text: str) -> Keyboard:
    return keyboard.press("e", "ctrl+u", *text)


def staged(keyboard: Keyboard, text: str) -> Keyboard:
    typed(keyboard, text).press("enter")
    return keyboard


def answered(keyboard: Keyboard, **fields: object) -> Keyboard:
    """The last preview asked for arrives."""
    asked = link_of(keyboard).consulted[-1]
    assert isinstance(asked, Preview)
    link_of(keyboard).find(a_preview(asked, **fields))
    return keyboard.wait(0.05)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_list_says_what_is_in_force_staged_and_by_whom_and_never_cuts_a_number(width: int, height: int) -> None:
    keyboard = staged(page(), "0.4")
    row = next(line for line in screen(keyboard, width, height).splitlines() if line.startswith(">risk_aversion"))
    assert row.split()[:3] == [">risk_aversion", "0.3", "0.4"]
    assert ("op" in row.split()) == (width >= 120)
    assert ("12:03:58" in row) == (width >= 120)
    assert "next requote" in row
    assert ("higher widens and skews more" in row) == (width >= 200)


def test_a_step_up_and_one_down_come_back_and_ten_are_one_page() -> None:
    keyboard = page().press("e", "up", "up")
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == "0.32"
    keyboard.press("pageup")
    assert keyboard.desk.field.text == "0.42"
    keyboard.press("pagedown", "down", "down")
    assert keyboard.desk.field.text == "0.3"


def test_steps_go_through_choices_and_switches() -> None:
    keyboard = page(text="glft_mode").press("e", "up")
    assert keyboard.desk.field is not None and keyboard.desk.field.text == "glft_exact"
    switch = page(text="tod_enabled").press("e", "down")
    assert switch.desk.field is not None and switch.desk.field.text == "true"


@pytest.mark.parametrize(("value", "step"), [(1.0, 0.05), (0.4, 0.02), (0.3, 0.01), (2.0, 0.1)])
def test_a_step_is_a_round_number_of_at_most_a_twentieth(value: float, step: float) -> None:
    assert step_size(parameter(AVERSION), value) == pytest.approx(step)


@pytest.mark.parametrize(("text", "after"), [("9", "2"), ("-3", "0.05"), ("x", "x"), ("nan", "nan")])
def test_a_step_brings_a_number_out_of_bounds_to_its_bound_and_leaves_what_is_no_number(text: str, after: str) -> None:
    assert stepped(parameter(AVERSION), text, 1, 0.02) == after


@given(st.sampled_from([row for row in LIVE_PARAMETERS if row.kind in (Kind.NUMBER, Kind.COUNT)]), st.data())
def test_a_step_never_leaves_the_bounds_and_always_makes_a_value(row, data) -> None:  # type: ignore[no-untyped-def]
    start = (
        data.draw(st.floats(row.low, row.high))
        if row.kind is Kind.NUMBER
        else data.draw(st.integers(int(row.low), int(row.high)))
    )
    count = data.draw(st.sampled_from([1, -1, 10, -10]))
    after = row.parse(stepped(row, f"{start!r}", count, step_size(row, float(start))))
    assert not isinstance(after, Refusal)
    assert row.low <= after <= row.high


@pytest.mark.parametrize(
    ("text", "words"),
    [("9", "9; expected 0.05 to 2"), ("", "a number, 0.05 to 2"), ("x", "a number, 0.05 to 2"), ("nan", "0.05 to 2")],
)
def test_a_refused_value_says_why_while_it_is_typed_and_cannot_be_staged(text: str, words: str) -> None:
    keyboard = typed(page(), text)
    assert words in screen(keyboard)
    keyboard.press("enter")
    assert keyboard.desk.drafts.staged == {}
    assert keyboard.desk.field is not None


def test_a_typed_value_is_previewed_before_it_is_staged_and_a_refused_one_never() -> None:
    keyboard = typed(page(), "0.4").wait(0.1)
    consulted = link_of(keyboard).consulted
    assert [(type(one), one.changes) for one in consulted] == [(Preview, {AVERSION: 0.4})]  # type: ignore[union-attr]
    keyboard.press("ctrl+u", "9").wait(2.0)
    assert len(consulted) == 1


def test_a_preview_is_asked_for_once_a_second_and_never_while_one_is_out() -> None:
    keyboard = staged(page(), "0.4").wait(0.1)
    consulted = link_of(keyboard).consulted
    for _ in range(30):
        keyboard.wait(0.1)
    assert len(consulted) == 1
    answered(keyboard)
    for _ in range(20):
        keyboard.wait(0.1)
        if len(consulted) == 2:
            break
    assert len(consulted) == 2
    keyboard.press("escape").press("escape").wait(5.0)
    assert keyboard.desk.findings.latest(Previewed) is None


def test_an_edit_of_an_estimator_is_previewed_less_often() -> None:
    keyboard = staged(page(text="kappa_min"), "250").wait(0.1)
    for _ in range(40):
        answered(keyboard) if keyboard.desk.findings.pending else keyboard.wait(0.1)
    assert len(link_of(keyboard).consulted) == 1
    keyboard.wait(1.5)
    assert len(link_of(keyboard).consulted) == 2


def test_a_changed_draft_is_previewed_within_half_a_second() -> None:
    keyboard = answered(staged(page(), "0.4").wait(0.1))
    staged(keyboard, "0.5").wait(0.5)
    asked = link_of(keyboard).consulted
    assert [one.changes for one in asked] == [{AVERSION: 0.4}, {AVERSION: 0.5}]  # type: ignore[union-attr]


def test_the_preview_stands_beside_the_ladder_level_by_level() -> None:
    text = screen(answered(staged(page(), "0.4").wait(0.1)))
    assert "quotes 64248.0/64250.0 -> 64245.5/64252.5," in text
    assert "spread 0.31 -> 1.09 bp" in text
    assert "orders: 0 stay, 4 go, 4 are placed" in text
    first = next(line for line in text.splitlines() if "| B0 " in line).split("|")[1].split()
    assert first == ["B0", "64248.0", "0.16", "64245.5", "0.05000", "0.54", "+0.39"]


def test_at_80_columns_the_preview_is_a_line() -> None:
    text = screen(answered(staged(page(), "0.4").wait(0.1)), 80, 24)
    assert "quotes 64248.0/64250.0 -> 64245.5/64252.5, 4 orders off, 4 on" in text


def test_a_preview_of_other_values_is_not_shown_and_an_old_one_says_so() -> None:
    keyboard = answered(staged(page(), "0.4").wait(0.1))
    later = simulated()
    link_of(keyboard).view = msgspec.structs.replace(later, engine=msgspec.structs.replace(later.engine, at=AT + 9))
    keyboard.wait(0.1)
    assert "PREVIEW OLD 9 s" in screen(keyboard)
    staged(keyboard, "0.5")
    assert "64245.5" not in screen(keyboard)


def test_what_the_engine_would_refuse_is_told_before_it_is_sent() -> None:
    keyboard = answered(staged(page(), "0.4").wait(0.1), then=None, refusal="this would end trading at once")
    assert "the engine would refuse: this would end trading at once" in screen(keyboard)


def test_without_an_answer_nothing_is_shown_as_a_preview_and_the_reason_is() -> None:
    keyboard = staged(page(), "0.4").wait(0.1)
    link_of(keyboard).find(Unable(id=link_of(keyboard).consulted[-1].id, text="no market data"))
    keyboard.wait(0.1)
    assert "preview: no market data" in screen(keyboard)
    keyboard.wait(5.0)
    assert len(link_of(keyboard).consulted) == 1


def test_apply_sends_all_staged_values_once_with_the_times_of_picture_and_staging() -> None:
    keyboard = staged(page(), "0.4").press("a")
    assert keyboard.sent == [SetParameters(id="op-1", by="op", changes={AVERSION: 0.4}, seen_at=AT, staged_at=AT)]


def test_in_live_apply_asks_and_shows_what_quotes_would_do() -> None:
    keyboard = page(a_view())
    answered(staged(keyboard, "0.4").wait(0.1)).press("a")
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None
    assert keyboard.desk.ask.headline == "risk_aversion 0.3 -> 0.4"
    assert keyboard.desk.ask.detail == "quotes 64248/64250 -> 64245.5/64252.5, 4 orders off, 4 on"
    keyboard.draw().wait(0.4).press("y")
    assert [type(command) for command in keyboard.sent] == [SetParameters]


def test_a_value_set_by_command_is_previewed_while_the_question_stands() -> None:
    keyboard = page(a_view())
    keyboard.desk.run_line("set risk_aversion 0.4", keyboard.now)
    assert keyboard.desk.ask is not None and keyboard.desk.ask.detail == ""
    answered(keyboard.wait(0.1)).wait(1.1)
    assert keyboard.desk.ask.detail.startswith("quotes 64248/64250 -> 64245.5/64252.5")


def test_what_is_staged_after_the_question_is_not_agreed_to() -> None:
    keyboard = staged(page(a_view()), "0.4").press("a").draw().wait(0.4)
    keyboard.desk.drafts.stage_text("trading.max_bps_diff", "3", keyboard.desk.view)
    keyboard.press("y")
    assert keyboard.sent == []
    assert "what is staged has changed since" in keyboard.note


def test_in_live_a_leap_is_refused_at_the_field() -> None:
    keyboard = typed(page(a_view()), "0.9")
    assert "more than x2 in one change while LIVE; go from 0.3 in steps" in screen(keyboard)
    keyboard.press("enter")
    assert keyboard.desk.drafts.staged == {}


def test_from_an_old_picture_nothing_is_applied() -> None:
    keyboard = staged(page(), "0.4").wait(2.5).press("a")
    assert keyboard.sent == []
    assert "apply refused: the picture is" in keyboard.note
    assert keyboard.desk.drafts.staged == {AVERSION: 0.4}


def changed_elsewhere(keyboard: Keyboard, value: float) -> Keyboard:
    view = simulated(**{AVERSION: value})
    change = ParameterChange(version=18, at=AT, by="eve", before={AVERSION: 0.3}, after={AVERSION: value})
    link_of(keyboard).view = msgspec.structs.replace(
        view, engine=msgspec.structs.replace(view.engine, parameter_changes=(change,), parameters_version=18)
    )
    return keyboard.wait(0.1)


def test_a_value_changed_elsewhere_shows_both_and_sets_the_staged_one_aside() -> None:
    keyboard = changed_elsewhere(staged(page(), "0.4"), 0.6)
    assert keyboard.desk.drafts.staged == {}
    assert keyboard.note == f"{AVERSION} was changed to 0.6 by eve; your 0.4 is set aside"
    assert "was 0.3, now 0.6 by eve; yours 0.4: m keeps it" in screen(keyboard)
    keyboard.press("a")
    assert keyboard.sent == []
    keyboard.press("m")
    assert keyboard.desk.drafts.staged == {AVERSION: 0.4}
    assert keyboard.desk.drafts.clashes == {}


def test_a_value_that_another_set_to_the_same_is_simply_done() -> None:
    keyboard = changed_elsewhere(staged(page(), "0.4"), 0.4)
    assert keyboard.desk.drafts.staged == {}
    assert keyboard.desk.drafts.clashes == {}


def test_staged_values_outlive_pages_and_belong_to_one_engine() -> None:
    keyboard = staged(page(), "0.4").press("1", "2", "5")
    assert keyboard.desk.drafts.staged == {AVERSION: 0.4}
    other = simulated()
    link_of(keyboard).view = msgspec.structs.replace(other, session=a_session(run_kind="SIM", run_id="two"))
    keyboard.wait(0.1)
    assert keyboard.desk.drafts.staged == {}
    link_of(keyboard).view = simulated()
    keyboard.wait(0.1)
    assert keyboard.desk.drafts.staged == {AVERSION: 0.4}


def with_changes(*changes: tuple[dict[str, Value], dict[str, Value]], **now: Value) -> View:
    view = simulated(**now)
    rows = [
        ParameterChange(version=len(changes) + 1 - i, at=AT - 10 * i, by="op", before=before, after=after)
        for i, (before, after) in enumerate(changes)
    ]
    return msgspec.structs.replace(view, engine=msgspec.structs.replace(view.engine, parameter_changes=tuple(rows)))


def test_undo_sends_the_values_before_the_last_change() -> None:
    keyboard = page(with_changes(({AVERSION: 0.2}, {AVERSION: 0.3}))).press("u")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.UNDO]


def test_a_change_that_came_after_the_question_is_not_undone_by_its_answer() -> None:
    def live(*changes: tuple[dict[str, Value], dict[str, Value]]) -> View:
        return msgspec.structs.replace(with_changes(*changes), session=a_session(run_id="one"))

    mine = ({AVERSION: 0.2}, {AVERSION: 0.3})
    keyboard = page(live(mine)).press("u").draw()
    link_of(keyboard).view = live(({"trading.max_bps_diff": 2.0}, {"trading.max_bps_diff": 1.5}), mine)
    keyboard.wait(0.5).press("y")
    assert keyboard.sent == []
    assert "another change since" in keyboard.note
    keyboard.press("u").draw().wait(0.5).press("y")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.UNDO]


def test_several_changes_back_are_staged_and_not_sent() -> None:
    view = with_changes(
        ({AVERSION: 0.25}, {AVERSION: 0.3}),
        ({"trading.max_bps_diff": 1.5}, {"trading.max_bps_diff": 2.0}),
        ({AVERSION: 0.2}, {AVERSION: 0.25}),
    )
    keyboard = page(view)
    keyboard.desk.run_line("back 3", keyboard.now)
    assert keyboard.desk.drafts.staged == {AVERSION: 0.2, "trading.max_bps_diff": 1.5}
    assert keyboard.sent == []
    keyboard.desk.run_line("back 4", keyboard.now)
    assert "1 to 3" in keyboard.note


def test_a_step_back_that_would_loosen_a_limit_is_left_out_and_said() -> None:
    key = "risk.max_drawdown_pct"
    keyboard = page(with_changes(({key: 5.0, AVERSION: 0.2}, {key: 4.0, AVERSION: 0.3}), **{key: 4.0}))
    keyboard.desk.run_line("back 1", keyboard.now)
    assert keyboard.desk.drafts.staged == {AVERSION: 0.2}
    assert f"1 of 2 staged; not {key}: a risk limit can only be tightened" in keyboard.note


DIFF = ("--- a", "+++ b", "@@ -1 +1 @@", " # calm", "-risk_aversion = 0.3", "+risk_aversion = 0.4")


def shown_difference(keyboard: Keyboard, diff: tuple[str, ...] = DIFF) -> Keyboard:
    keyboard.press("S")
    asked = link_of(keyboard).consulted[-1]
    assert asked == SaveParameters(id=asked.id)
    link_of(keyboard).find(Saved(id=asked.id, path="/home/op/mm.toml", diff=diff, is_written=False))
    return keyboard.wait(0.1)


def test_saving_shows_the_difference_first_and_writes_what_was_agreed_to() -> None:
    keyboard = shown_difference(page())
    text = screen(keyboard)
    assert "DIFFERENCE /home/op/mm.toml" in text
    assert "+risk_aversion = 0.4" in text
    assert keyboard.desk.ask is not None and keyboard.desk.ask.headline.startswith("2 lines of /home/op/mm.toml")
    first = link_of(keyboard).consulted[-1].id
    keyboard.draw().wait(0.4).press("y")
    asked = link_of(keyboard).consulted[-1]
    assert asked == SaveParameters(id=asked.id, diff_id=first)
    link_of(keyboard).find(Saved(id=asked.id, path="/home/op/mm.toml", diff=DIFF, is_written=True))
    assert keyboard.wait(0.1).note == "saved to /home/op/mm.toml; comments kept"


@pytest.mark.parametrize("size", SIZES)
def test_the_difference_is_seen_whole_before_it_is_agreed_to(size: tuple[int, int]) -> None:
    text = screen(shown_difference(page()), *size)
    assert text.count("DIFFERENCE") == 1
    assert "-risk_aversion = 0.3" in text
    assert "+risk_aversion = 0.4" in text


def test_no_writes_nothing() -> None:
    keyboard = shown_difference(page())
    count = len(link_of(keyboard).consulted)
    keyboard.draw().wait(0.4).press("n").wait(0.1)
    assert len(link_of(keyboard).consulted) == count


def test_nothing_to_save_says_why() -> None:
    assert shown_difference(page(), ()).note == "nothing to save: the file gives the values in force"
    remark = ("# trading.risk_aversion is set by --risk-aversion, which outweighs every file: change it there",)
    assert "set by --risk-aversion" in shown_difference(page(), remark).note


def test_a_preset_is_staged_with_its_difference_and_applied_by_nobody() -> None:
    keyboard = page()
    keyboard.desk.run_line("preset calm", keyboard.now)
    asked = link_of(keyboard).consulted[-1]
    assert asked == ReadPreset(id=asked.id, name="calm")
    values: dict[str, Value] = {AVERSION: 0.5, "trading.max_bps_diff": 2.0, "risk.max_drawdown_pct": 99.0}
    link_of(keyboard).find(Presets(id=asked.id, names=("calm",), values=values))
    keyboard.wait(0.1)
    assert keyboard.desk.drafts.staged == {AVERSION: 0.5}
    assert "not risk.max_drawdown_pct: a risk limit can only be tightened" in keyboard.note
    assert keyboard.sent == []


def test_a_preset_keeps_what_was_changed_and_what_is_staged() -> None:
    keyboard = staged(page(with_changes(({"trading.max_bps_diff": 1.0}, {"trading.max_bps_diff": 2.0}))), "0.4")
    keyboard.desk.run_line("preset-keep calm", keyboard.now)
    asked = link_of(keyboard).consulted[-1]
    assert asked == KeepPreset(id=asked.id, name="calm", values={"trading.max_bps_diff": 2.0, AVERSION: 0.4})


def test_a_kept_preset_is_said_and_offered_behind_the_command() -> None:
    keyboard = staged(page(), "0.4")
    keyboard.desk.run_line("preset-keep calm", keyboard.now)
    asked = link_of(keyboard).consulted[-1]
    link_of(keyboard).find(
        Presets(id=asked.id, names=("calm",), values={AVERSION: 0.4}, text="preset calm kept: 1 value")
    )
    assert keyboard.wait(0.1).note == "preset calm kept: 1 value"
    assert keyboard.desk.cursors.offered["preset"] == ("calm",)
    assert "PRESETS" not in screen(keyboard)
    assert keyboard.desk.drafts.staged == {AVERSION: 0.4}


@pytest.mark.parametrize("line", ["preset ../x", "preset-keep a/b", "preset .x"])
def test_a_name_that_is_none_is_refused_at_the_console(line: str) -> None:
    keyboard = staged(page(), "0.4").wait(0.1)
    count = len(link_of(keyboard).consulted)
    keyboard.desk.run_line(line, keyboard.now)
    assert len(link_of(keyboard).consulted) == count
    assert "no such name" in keyboard.note


def test_presets_are_listed_until_escape() -> None:
    keyboard = page()
    keyboard.desk.run_line("presets", keyboard.now)
    asked = link_of(keyboard).consulted[-1]
    assert asked == ListPresets(id=asked.id)
    link_of(keyboard).find(Presets(id=asked.id, names=("calm", "wild")))
    keyboard.wait(0.1)
    assert "PRESETS" in screen(keyboard)
    assert "wild" in screen(keyboard)
    keyboard.press("escape")
    assert "PRESETS" not in screen(keyboard)


def test_a_rehearsal_of_the_staged_values_is_asked_for_and_shown_side_by_side() -> None:
    keyboard = staged(page(), "0.4")
    keyboard.desk.run_line("rehearse 2", keyboard.now)
    asked = next(one for one in link_of(keyboard).consulted if isinstance(one, Rehearse))
    assert (asked.changes, asked.span_s) == ({AVERSION: 0.4}, 120.0)
    rows = (
        RehearsedRow(name="P&L", unit="USD", now=1.25, then=2.5),
        RehearsedRow(name="fills", unit="", now=3, then=None),
    )
    link_of(keyboard).find(Rehearsed(id=asked.id, from_at=AT - 120, to_at=AT, rows=rows, note="a model"))
    keyboard.wait(0.1)
    line = next(line for line in screen(keyboard).splitlines() if "P&L " in line and "1.25" in line)
    assert line.split("|")[1].split() == ["P&L", "USD", "1.25", "2.50", "+1.25"]
    assert "risk_aversion 0.3 -> 0.4" in screen(keyboard)
    assert "1.25" in screen(keyboard, 80, 24)


@pytest.mark.parametrize("line", ["rehearse 0", "rehearse 500", "rehearse x", "rehearse nan"])
def test_a_rehearsal_needs_minutes_that_are_some(line: str) -> None:
    keyboard = staged(page(), "0.4")
    keyboard.desk.run_line(line, keyboard.now)
    assert not any(isinstance(one, Rehearse) for one in link_of(keyboard).consulted)
    assert "minutes" in keyboard.note


def test_the_views_list_live_changed_and_all_parameters() -> None:
    keyboard = Keyboard(a_desk(simulated(**{AVERSION: 0.7}))).press("5")
    screen(keyboard)
    assert f" of {len(LIVE_PARAMETERS)}" in screen(keyboard)
    keyboard.press("v")
    text = screen(keyboard)
    assert "only changed" in text
    assert "risk_aversion" in text
    assert "max_bps_diff" not in text
    keyboard.press("v", "/", *"trading.asset", "enter")
    assert "restart" in next(line for line in screen(keyboard).splitlines() if line.startswith(">asset"))
    keyboard.press("e")
    assert keyboard.desk.field is None
    assert "next start only" in keyboard.note


def test_a_parameter_is_found_by_the_name_that_other_files_give_it() -> None:
    assert ">num_levels" in screen(page(text="ladder_levels"))
    assert parameter("strategy.ladder_config.num_levels").aliases == ("ladder_levels",)
