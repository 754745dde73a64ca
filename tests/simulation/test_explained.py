"""What a running engine says of its quotes: sums that end at the orders' prices, inputs, and a reason for each gap."""

import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.explanation.explain import explained, inputs_of
from mmtui.domain.explanation.notes import NOTES, REFERENCE_INPUTS, SIZE_INPUTS
from mmtui.domain.view import Mode, SessionView, View
from mmtui.engine.quoting.cycle import _fit_to_budget
from tests.simulation.truth import resting

ONLY_AT_TIMES = {"account.alarms"}


def picture(session) -> View:
    instrument = session.venue.instrument
    about = SessionView(
        run_kind="SIM",
        network="sim",
        account=session.account,
        coin=instrument.coin,
        asset=instrument.coin,
        dex="",
        strategy="ladder",
        run_id="r",
        started_at=0.0,
        price_decimals=instrument.price_decimals,
        size_decimals=instrument.size_decimals,
    )
    return View(session=about, engine=session.view)


@pytest.mark.parametrize("strategy", ["symmetric", "inventory_aware", "glft", "ladder", "hjb"])
def test_the_terms_of_every_level_end_at_its_price(make_session, strategy) -> None:
    session = make_session("ETH", strategy__strategy_type=strategy)
    session.run(90)
    assert session.view.mode is Mode.QUOTING
    whole = explained(picture(session))
    quoted = [one for one in whole.levels if one.price is not None]
    assert quoted
    for one in quoted:
        assert one.steps[-1].running_price == pytest.approx(one.price, rel=1e-9)
        assert all(step.meaning for step in one.steps)
        assert one.size_because
    tolerance = 2.0 * session.engine.state.settings.number("trading.max_bps_diff") / 1e4
    nearest = session.venue.instrument.price_usd(max(order.price for order in resting(session) if order.side > 0))
    assert nearest == pytest.approx(next(one.price for one in quoted if one.side == "BUY"), rel=tolerance)


def test_every_input_of_a_note_is_in_the_picture(make_session) -> None:
    session = make_session("ETH")
    session.run(90)
    held = inputs_of(picture(session))
    names = {name for note in NOTES.values() for name in note.inputs} | {*REFERENCE_INPUTS, *SIZE_INPUTS}
    wanted = {name.format(side=side) for name in names for side in ("bid", "ask")} - ONLY_AT_TIMES
    assert wanted - set(held) == set()


def test_a_pause_is_the_reason_of_both_sides(make_session) -> None:
    session = make_session("ETH")
    session.run(60)
    session.act(Verb.PAUSE)
    session.run(3)
    levels = explained(picture(session)).levels
    assert {one.side for one in levels} == {"BUY", "SELL"}
    assert all(one.price is None and "paused" in one.absent_because.lower() for one in levels)


def test_levels_left_out_while_requests_are_scarce_say_so(make_session) -> None:
    session = make_session("ETH")
    session.run(60)
    ladder = session.engine.state.quoting.ladder
    fitted = _fit_to_budget(ladder, 2)
    dropped = [absence for absence in fitted.absences if "scarce" in absence.text]
    assert len(dropped) == len(ladder.bids) + len(ladder.asks) - 4
    assert {absence.index for absence in dropped} == set(range(2, len(ladder.bids)))
