"""The preview of an edit: it changes nothing, and it shows what the edit then does."""

import asyncio
import pickle
import random
from collections import Counter
from collections.abc import Sequence

import pytest

from mmtui.domain.commands import CommandStatus, SetParameters, Verb
from mmtui.domain.consultations import Finding, Preview, Previewed, Unable
from mmtui.domain.parameters import PARAMETERS, Parameter, Settings, Value
from mmtui.domain.parameters.schema import Kind
from mmtui.domain.view import LevelView, Mode
from mmtui.engine.preview import preview, reaches_estimators
from mmtui.engine.state import EngineState
from mmtui.estimators.panel import EstimatorPanel
from mmtui.research.simulation import SimulatedSession
from mmtui.runtime.consulting.previewing import previewing
from tests.simulation.conftest import MakeSession
from tests.simulation.test_endings import quoting

WIDER = {"strategy.ladder_config.min_depth_bps": 13.0, "trading.risk_aversion": 0.6}
CHANGES = (
    WIDER,
    {"strategy.ladder_config.num_levels": 2},
    {"estimators.kappa_min": 200.0, "risk.sigma_baseline": 3e-4},
    {"trading.max_position_usd": 1_000_000.0, "risk.max_position_value_usd": 2_000_000.0},
)


def asked(session: SimulatedSession, changes: dict[str, object]) -> Finding:
    expert = previewing(lambda: session.engine)
    return asyncio.run(_answer(expert, Preview(id="p", changes=changes)))  # type: ignore[arg-type]


async def _answer(expert, consultation: Preview) -> Finding:  # type: ignore[no-untyped-def]
    found: Finding = await expert(consultation, lambda _: None)
    return found


def whole(state: EngineState, now: float) -> bytes:
    """All of the memory; what is only kept to spare work is made before."""
    state.panel.estimates(now)
    state.panel.warmup(now)
    return pickle.dumps(state, 5)


MODES = {
    "ladder": {},
    "glft": {"strategy__glft_mode": "glft_exact"},
    "inventory_aware": {},
    "hjb": {"strategy__hjb__mode": "policy"},
}


@pytest.mark.parametrize("strategy", MODES)
def test_a_run_with_previews_is_the_run_without_to_the_last_byte(make_session: MakeSession, strategy: str) -> None:
    looked, left_alone = (quoting(make_session, strategy__strategy_type=strategy, **MODES[strategy]) for _ in range(2))
    for second in range(24):
        before = whole(looked.engine.state, looked.engine.now)
        found = asked(looked, CHANGES[second % len(CHANGES)])
        assert isinstance(found, Previewed)
        assert whole(looked.engine.state, looked.engine.now) == before
        looked.run(1)
        left_alone.run(1)
    assert looked.digest == left_alone.digest
    assert looked.rows == left_alone.rows


def test_what_the_preview_says_is_what_the_edit_then_does(make_session: MakeSession) -> None:
    session = quoting(make_session, strategy__strategy_type="ladder")
    found = asked(session, WIDER)
    assert isinstance(found, Previewed) and found.then is not None
    session.command(SetParameters(id="edit", by="op", changes=WIDER))
    drawn = {(level.side, level.level): (level.price, level.size) for level in session.view.levels if level.price}
    foretold = {(level.side, level.level): (level.price, level.size) for level in found.then.levels if level.price}
    assert drawn == foretold
    assert found.then.spread_bps is not None and found.now.spread_bps is not None
    assert found.then.spread_bps > found.now.spread_bps + 3.0
    assert found.then.cancelled > 0
    assert found.then.placed > 0


LIVE = [row for row in PARAMETERS if row.live and not row.secret]


def some_value(row: Parameter, now: Value, chance: random.Random) -> Value:
    """A value of the row: often one of its bounds, or not far from the one in force."""
    if row.kind is Kind.CHOICE:
        return chance.choice(row.choices)
    if row.kind is Kind.FLAG:
        return chance.random() < 0.5
    if row.kind is Kind.COUNT:
        return chance.choice([int(row.low), int(row.high), chance.randint(int(row.low), int(row.high))])
    if row.kind is not Kind.NUMBER:
        return now
    if chance.random() < 0.3 or not isinstance(now, int | float) or not now:
        return chance.choice([row.low, row.high])
    return min(max(now * chance.choice([0.5, 0.8, 1.2, 2.0]), row.low), row.high)


@pytest.mark.parametrize("strategy", MODES)
def test_of_any_staged_values_the_preview_promises_what_the_engine_then_does(
    make_session: MakeSession, strategy: str
) -> None:
    chance = random.Random(strategy)
    session = quoting(make_session, strategy__strategy_type=strategy, **MODES[strategy])
    outcomes = Counter[str]()
    for number in range(16):
        rows = chance.sample(LIVE, chance.choice([1, 1, 2, 3]))
        changes = {row.key: some_value(row, session.view.parameters[row.key], chance) for row in rows}
        found = asked(session, changes)
        assert isinstance(found, Previewed)
        session.command(SetParameters(id=f"e{number}", by="op", changes=changes, seen_at=session.engine.now))
        if session.answers[-1].status is CommandStatus.REFUSED:
            assert found.then is None
            assert found.refusal == session.answers[-1].text
            outcomes["refused"] += 1
        elif session.view.mode in (Mode.QUOTING, Mode.REDUCE_ONLY):
            assert found.then is not None
            if "solved anew" in found.then.note or "is solved" in found.then.note:
                # The preview says itself that its table is about to be replaced.
                outcomes["solving"] += 1
            else:
                assert drawn(session.view.levels) == drawn(found.then.levels), changes
                outcomes["done"] += 1
        session.run(1)
    assert outcomes["done"] >= 3
    assert outcomes["refused"] >= 1


def drawn(levels: Sequence[LevelView]) -> dict[tuple[str, int], tuple[float, float]]:
    return {(level.side, level.level): (level.price, level.size) for level in levels if level.price}


def test_what_is_unchanged_keeps_its_orders(make_session: MakeSession) -> None:
    session = quoting(make_session, strategy__strategy_type="ladder")
    found = asked(session, {"strategy.hjb.mode": "grid"})
    assert isinstance(found, Previewed) and found.then is not None
    assert found.then == found.now


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"risk.max_drawdown_pct": 99.0}, "a risk limit is only tightened live"),
        ({"trading.asset": "ETH"}, "takes effect at the next start only"),
        ({"strategy.ladder_config.num_levels": 99}, "99; expected 1 to 20"),
        ({"strategy.ladder_config.min_depth_bps": 90.0}, "max_depth_bps"),
        ({"no.such": 1}, "no such parameter"),
    ],
)
def test_an_edit_that_the_engine_would_refuse_is_told_before_it_is_sent(
    make_session: MakeSession, changes: dict[str, object], words: str
) -> None:
    found = asked(quoting(make_session), changes)
    assert isinstance(found, Previewed)
    assert found.then is None
    assert words in found.refusal


def test_before_there_is_a_market_there_is_nothing_to_preview(make_session: MakeSession) -> None:
    assert isinstance(asked(make_session(), WIDER), Unable)


def test_while_paused_it_shows_what_would_be_quoted_and_says_so(make_session: MakeSession) -> None:
    session = quoting(make_session)
    session.act(Verb.PAUSE)
    found = asked(session, WIDER)
    assert isinstance(found, Previewed) and found.then is not None
    assert found.note.startswith("PAUSED now")
    assert any(level.price for level in found.then.levels)


def test_a_panel_copied_while_the_market_moves_on_still_makes_a_ladder(make_session: MakeSession) -> None:
    session = quoting(make_session)
    expert = previewing(lambda: session.engine)
    pieces = []
    for _ in range(12):
        work = expert(Preview(id="p", changes={"estimators.kappa_min": 300.0}), lambda _: None)
        count, found = 0, None
        while found is None:
            try:
                work.send(None)  # type: ignore[attr-defined]
            except StopIteration as end:
                found = end.value
            session.run(0.3)
            count += 1
        assert isinstance(found, Previewed)
        assert found.then is not None
        pieces.append(count)
    assert min(pieces) >= 4


class _Watched(Settings):
    """Settings that note which keys are read."""

    __slots__ = ("read",)

    def number(self, key: str) -> float:
        self.read.add(key)
        return super().number(key)

    def count(self, key: str) -> int:
        self.read.add(key)
        return super().count(key)

    def flag(self, key: str) -> bool:
        self.read.add(key)
        return super().flag(key)

    def text(self, key: str) -> str:
        self.read.add(key)
        return super().text(key)

    def value(self, key: str) -> object:  # type: ignore[override]
        self.read.add(key)
        return super().value(key)


def test_every_live_setting_that_estimators_read_has_the_panel_copied(make_session: MakeSession) -> None:
    watched = _Watched({row.key: row.default for row in PARAMETERS})
    watched.read = set()
    instrument = make_session().venue.instrument
    EstimatorPanel(watched, instrument).reconfigure(watched)
    live = {row.key for row in PARAMETERS if row.live}
    assert len(watched.read & live) > 10
    assert [key for key in watched.read & live if not reaches_estimators({key: None})] == []


def test_the_pure_preview_uses_up_only_what_it_is_lent(make_session: MakeSession) -> None:
    engine = quoting(make_session).engine
    state, now = engine.state, engine.now
    before = whole(state, now)
    lent = [pickle.loads(pickle.dumps(state.quoting.strategy)) for _ in range(4)]
    one = preview(state, now, WIDER, strategies=(lent[0], lent[1]))
    other = preview(state, now, WIDER, strategies=(lent[2], lent[3]))
    assert one == other
    assert one is not None
    assert whole(state, now) == before
