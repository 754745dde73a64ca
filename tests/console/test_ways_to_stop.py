"""Flatten and kill as a person lives them: the cost while deciding, the progress, the result the engine gave."""

from msgspec.structs import replace

from mmtui.console.panes import bottom
from mmtui.console.rows import ASCII_GLYPHS, text_of
from mmtui.console.scene import Scene
from mmtui.domain.commands import CommandResult, CommandStatus
from mmtui.domain.consultations import CostFlatten, FlattenCosted, Unable
from mmtui.domain.view import FillRow, OrderRow, PositionView, View
from tests.console.conftest import Keyboard, a_desk
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, a_view, an_engine, killed_view

HELD = PositionView(size=0.3512, limit=1.0)


def link_of(keyboard: Keyboard) -> MemoryLink:
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    return link


def bottom_text(keyboard: Keyboard, width: int = 120) -> str:
    return text_of(bottom.rows(Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS), width, 2))


def costed(asked: str, cost: float = 8.41) -> FlattenCosted:
    return FlattenCosted(
        id=asked, side="SELL", size=0.2, price=64_100.0, expected_price=64_230.0, cost_usd=cost, cost_bps=3.7,
        orders=2, position=0.3512, worst_usd=40.02,
    )  # fmt: skip


def a_fill(at: float, *, edge_bps: float | None = -2.0) -> FillRow:
    return FillRow(
        at=at, side="SELL", price=64_000.0, size=0.3512, fee_usd=4.0, edge_bps=edge_bps, markout_bps=None, level=None,
        is_taker=True, position=0.0,
    )  # fmt: skip


def test_the_question_shows_the_order_and_its_cost_and_renews_them_every_second() -> None:
    keyboard = Keyboard(a_desk(a_view(engine=an_engine(position=HELD)))).press("f")
    link = link_of(keyboard)
    assert [type(asked) for asked in link.consulted] == [CostFlatten]
    link.find(costed(link.consulted[0].id))
    keyboard.wait(0.1)
    text = "sell 0.35120 BTC at market, costs 8.41 USD (3.7 bp) with fee; 2 orders, at most 40.02 USD"
    assert text in bottom_text(keyboard)
    assert "costs 8.41 USD (3.7 bp) with fee\n" in bottom_text(keyboard, 80)
    link.view = a_view(engine=an_engine(at=AT + 1, position=HELD))
    keyboard.wait(0.8)
    assert len(link.consulted) == 1
    keyboard.wait(0.2)
    assert len(link.consulted) == 2
    link.find(costed(link.consulted[1].id, 9.0))
    keyboard.wait(0.1)
    assert "costs 9.00 USD" in bottom_text(keyboard)
    assert len(link.consulted) == 2


def test_a_run_that_cannot_cost_a_flatten_is_asked_once_and_the_book_on_the_screen_is_walked() -> None:
    keyboard = Keyboard(a_desk(a_view(engine=an_engine(position=HELD)))).press("f")
    link = link_of(keyboard)
    link.find(Unable(id=link.consulted[0].id, text="this is not to be had of this kind of run"))
    for _ in range(4):
        link.view = a_view(engine=an_engine(at=keyboard.now.engine, position=HELD))
        keyboard.wait(1.0)
    assert len(link.consulted) == 1
    assert "costs 0.35 USD (0.2 bp) + fees" in bottom_text(keyboard)


def test_an_answer_that_comes_after_the_question_has_closed_changes_nothing() -> None:
    keyboard = Keyboard(a_desk(a_view(engine=an_engine(position=HELD)))).press("f", "escape")
    link = link_of(keyboard)
    link.find(costed(link.consulted[0].id))
    keyboard.wait(0.1)
    assert keyboard.desk.ask is None
    assert keyboard.note == "FLATTEN: no, nothing done"


def flattened(keyboard: Keyboard, then: View) -> None:
    keyboard.press("f").draw().wait(0.4).press("y")
    link = link_of(keyboard)
    link.answer(CommandResult(id="op-1", status=CommandStatus.DONE, text="flat", at=AT + 2))
    keyboard.wait(0.1)
    assert keyboard.note == "flatten: done in 100ms: flat", "a picture older than the answer tells nothing of it"
    link.view = then
    keyboard.wait(0.1)


def test_a_flatten_tells_what_was_closed_and_what_it_cost_from_the_engines_own_fills() -> None:
    keyboard = Keyboard(a_desk(a_view(engine=an_engine(position=HELD))))
    fills = (a_fill(AT + 1), replace(a_fill(AT - 60), size=9.0), replace(a_fill(AT + 1.5), is_taker=False))
    flattened(keyboard, a_view(engine=an_engine(at=AT + 2, position=PositionView(limit=1.0), fills=fills)))
    # 2 bps of 0.3512 x 64,000 and the fee of 4.00
    assert keyboard.note == "flatten: done in 100ms: flat; closed 0.35120 of 0.35120, cost 8.50 USD"


def test_a_flatten_whose_fills_do_not_tell_all_names_no_cost() -> None:
    keyboard = Keyboard(a_desk(a_view(engine=an_engine(position=HELD))))
    left = PositionView(size=0.1, limit=1.0)
    flattened(keyboard, a_view(engine=an_engine(at=AT + 2, position=left, fills=(a_fill(AT + 1, edge_bps=None),))))
    assert keyboard.note.endswith("closed 0.25120 of 0.35120, cost in the fills")


def test_the_kill_question_counts_tenths_of_a_second() -> None:
    keyboard = Keyboard(a_desk(a_view())).press("K").wait(0.6)
    assert "closes in 2.4 s" in bottom_text(keyboard)


def test_a_kill_shows_the_engines_progress_with_the_ids_left_until_none_is() -> None:
    keyboard = Keyboard(a_desk(a_view())).press("ctrl+k")
    assert "kill: sent" in bottom_text(keyboard)
    view = killed_view()
    resting = tuple(
        OrderRow(cloid=f"0xabcdef00000000a{place}", oid=place, side="BUY", level=0, price=1.0, size=1.0, filled=0.0,
                 state="Resting", age_s=1.0)
        for place in range(2)
    )  # fmt: skip
    kill = replace(view.engine.kill, progress="4 of 6 cancels settled")
    link = link_of(keyboard)
    link.view = replace(view, engine=replace(view.engine, orders=resting, kill=kill))
    link.answer(CommandResult(id="op-1", status=CommandStatus.ACCEPTED, text="valve shut", at=AT))
    keyboard.wait(0.1)
    assert "4 of 6 cancels settled; may rest: ..00a0 ..00a1   :rearm TEXT clears it" in bottom_text(keyboard)
    keyboard.wait(60.0)
    assert "may rest: ..00a0 ..00a1" in bottom_text(keyboard)
    link.view = view
    keyboard.wait(0.1)
    assert "6 of 6 cancels acknowledged in 84 ms   :rearm TEXT clears it" in bottom_text(keyboard)
