"""What the trading keys do: pause, resume, one side off, flatten, kill, re-arm. Pure.

Pausing, killing and cancelling a side go out at once, whatever the picture. Acts that can add risk
or spend money are refused while the picture is old, because the person cannot see what is so.
"""

from mmtui.console.asks import KILL_S, REARM_S, Ask
from mmtui.console.desk import Desk, Handler
from mmtui.console.format import number, plain, signed
from mmtui.console.moment import Moment
from mmtui.console.outbox import Tell
from mmtui.domain.commands import Act, CancelSide, Rearm, SetParameters, Verb
from mmtui.domain.consultations import CostFlatten, Finding, FlattenCosted
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Value
from mmtui.domain.view import View

DUST = 1e-12


def act(desk: Desk, verb: Verb, label: str, now: Moment, tell: Tell | None = None) -> None:
    """Send a verb with the engine time of the picture it was decided on."""
    seen_at = desk.view.engine.at if desk.view is not None else 0.0
    command_id = desk.outbox.register(label, now.real, tell)
    desk.link.send(Act(id=command_id, by=desk.outbox.name, verb=verb, seen_at=seen_at))
    desk.say_sent(label, now)


def send_parameters(desk: Desk, changes: dict[str, Value], label: str, now: Moment) -> None:
    """Send parameter changes, all or none."""
    seen_at = desk.view.engine.at if desk.view is not None else 0.0
    command_id = desk.outbox.register(label, now.real)
    desk.link.send(SetParameters(id=command_id, by=desk.outbox.name, changes=changes, seen_at=seen_at))
    desk.say_sent(label, now)


def is_stale(desk: Desk, what: str, now: Moment) -> bool:
    """Whether the picture is too old for ``what``; says so when it is."""
    if not desk.sight.is_silent(now.engine):
        return False
    age_s = desk.sight.age_s(now.engine)
    desk.say(f"{what} refused: the picture is {age_s:.1f} s old; pause and kill still work", now, "bad")
    return True


def is_live(view: View | None) -> bool:
    """Whether real money is at stake."""
    return view is not None and view.session.run_kind == "LIVE"


def run_kind(desk: Desk) -> str:
    """LIVE, PAPER, SIM and so on; empty before the first picture."""
    return plain(desk.view.session.run_kind) if desk.view is not None else ""


def _pause(desk: Desk, _: str, now: Moment) -> None:
    act(desk, Verb.PAUSE, "pause", now)


def _reduce_only(desk: Desk, _: str, now: Moment) -> None:
    act(desk, Verb.REDUCE_ONLY, "reduce-only", now)


def _cancel(side: Side, label: str) -> Handler:
    def handle(desk: Desk, _: str, now: Moment) -> None:
        command_id = desk.outbox.register(label, now.real)
        desk.link.send(CancelSide(id=command_id, by=desk.outbox.name, side=side))
        desk.say_sent(label, now)

    return handle


def _resume(desk: Desk, _: str, now: Moment) -> None:
    if is_stale(desk, "resume", now):
        return
    view = desk.view
    assert view is not None
    if view.engine.kill.is_fired:
        desk.say("killed: only :rearm REASON, typed in full, starts again", now, "warn")
        return
    if not is_live(view):
        act(desk, Verb.RESUME, "resume", now)
        return
    position = signed(view.engine.position.size, view.session.size_decimals)
    headline = f"quote {plain(view.session.coin)} again with position {position}"
    briefs = (f"quote again, position {position}", f"quote again, {position}", "quote again")
    options = "y yes   any other key: no"
    desk.ask = Ask("RESUME", headline, options, {"y": _resume_now}, opened_at=now.real, briefs=briefs)


def _resume_now(desk: Desk, now: Moment) -> None:
    if not is_stale(desk, "resume", now):
        act(desk, Verb.RESUME, "resume", now)


def _flatten(desk: Desk, _: str, now: Moment) -> None:
    if is_stale(desk, "flatten", now):
        return
    view = desk.view
    assert view is not None
    size = view.engine.position.size
    if not size:
        desk.say("no position to flatten", now)
        return
    verb = "sell" if size > 0 else "buy"
    amount = number(abs(size), view.session.size_decimals)
    headline = f"{verb} {amount} {plain(view.session.coin)} at market, {flatten_cost(view)}"
    options = "y yes, reduce only   any other key: no"
    desk.ask = Ask(
        "FLATTEN",
        headline,
        options,
        {"y": _flatten_now},
        opened_at=now.real,
        renew=_cost,
        briefs=_without_cost(headline),
    )
    _cost(desk, now)


def _without_cost(headline: str) -> tuple[str, ...]:
    """What a flatten sends, shorter and shorter."""
    order = headline.partition(",")[0]
    size = order.removesuffix(" at market")
    return order, size, size.rpartition(" ")[0]


def _cost(desk: Desk, now: Moment) -> None:
    """Have the question say what a flatten would send and cost now."""
    ask = desk.ask
    assert ask is not None

    def take(finding: Finding) -> None:
        if isinstance(finding, FlattenCosted):
            ask.headline, ask.detail = _cost_text(desk, finding)
            ask.briefs = _without_cost(ask.headline)
        else:
            ask.renew = None

    desk.findings.ask(desk.link, "flatten cost", lambda made: CostFlatten(id=made), now.real, take)


def _cost_text(desk: Desk, found: FlattenCosted) -> tuple[str, str]:
    session = desk.view.session if desk.view is not None else None
    digits, coin = (session.size_decimals, plain(session.coin)) if session is not None else (5, "")
    amount = number(abs(found.position), digits)
    orders = f"{found.orders} order{'s' if found.orders > 1 else ''}"
    worst = f"at most {number(found.worst_usd, 2)} USD" if found.worst_usd is not None else ""
    head = f"{found.side.lower()} {amount} {coin} at market"
    if found.cost_usd is None or found.cost_bps is None:
        return f"{head}, costs {worst or 'what nobody can say'}", f"{orders}; {plain(found.note)}"
    cost = f"costs {found.cost_usd:.2f} USD ({found.cost_bps:.1f} bp) with fee"
    return f"{head}, {cost}", ", ".join(text for text in (orders, worst, plain(found.note)) if text)


def _flatten_now(desk: Desk, now: Moment) -> None:
    if not is_stale(desk, "flatten", now):
        assert desk.view is not None
        act(desk, Verb.FLATTEN, "flatten", now, _closed(desk.view))


def _closed(seen: View) -> Tell:
    """What was closed and for how much, from the position and the own taker fills since ``seen``."""
    before, since, digits = seen.engine.position.size, seen.engine.at, seen.session.size_decimals

    def tell(view: View) -> str:
        left = view.engine.position.size
        closed = abs(before) - abs(left) if before * left > 0 else abs(before)
        text = f"closed {number(closed, digits)} of {number(abs(before), digits)}"
        fills = view.engine.fills
        taken = [row for row in fills if row.is_taker and row.at >= since]
        edges = [row.edge_bps for row in taken if row.edge_bps is not None]
        if not taken or len(edges) < len(taken) or len(taken) == len(fills) > 1:
            return f"{text}, cost in the fills"
        cost = sum(row.fee_usd - edge / 1e4 * row.price * row.size for row, edge in zip(taken, edges, strict=True))
        return f"{text}, cost {cost:.2f} USD"

    return tell


def flatten_cost(view: View) -> str:
    """What closing the position through the shown book would cost against the mid, before fees."""
    ladder, size = view.engine.ladder, view.engine.position.size
    rows = ladder.bids if size > 0 else ladder.asks
    left, cash = abs(size), 0.0
    for row in rows:
        taken = min(left, max(row.size - row.own_size, 0.0))
        cash += taken * row.price
        left -= taken
        if left <= DUST:
            break
    done = abs(size) - left
    if ladder.mid is None or done <= 0:
        return "cost unknown: no book"
    average = cash / done
    cost_bps = abs(average - ladder.mid) / ladder.mid * 1e4
    text = f"costs {cost_bps / 1e4 * ladder.mid * abs(size):.2f} USD ({cost_bps:.1f} bp) + fees"
    return f"{text}, more: thin book" if left > DUST else text


def _kill(desk: Desk, _: str, now: Moment) -> None:
    desk.ask = Ask(
        "KILL",
        "press K again within 3 s: cancel everything, stop, keep the position.",
        "K kills   any other key: no",
        {"K": _kill_confirmed},
        opened_at=now.real,
        lasts_s=KILL_S,
        is_armed_at_once=True,
        briefs=("K again within 3 s: cancel all, stop", "K again: cancel, stop", "K again: kill", "K again"),
    )


def _kill_confirmed(desk: Desk, now: Moment) -> None:
    _kill_now(desk, "", now)


def _kill_now(desk: Desk, _: str, now: Moment) -> None:
    desk.ask = None
    act(desk, Verb.KILL, "kill", now)


def _rearm(desk: Desk, reason: str, now: Moment) -> None:
    if is_stale(desk, "rearm", now):
        return
    view = desk.view
    if view is not None and not view.engine.kill.is_fired:
        desk.say("nothing to rearm: the kill switch has not fired", now, "warn")
        return
    if view is None:
        return

    def send(desk: Desk, now: Moment) -> None:
        if not is_stale(desk, "rearm", now):
            command_id = desk.outbox.register("rearm", now.real)
            desk.link.send(Rearm(id=command_id, by=desk.outbox.name, reason=reason))
            desk.say_sent("rearm", now)

    headline = plain(view.engine.kill.checklist) or plain(view.engine.kill.reason)
    options = "y this was looked into   any other key: no"
    desk.ask = Ask("REARM", headline, options, {"y": send}, opened_at=now.real, lasts_s=REARM_S)


TRADING: dict[str, Handler] = {
    "pause": _pause,
    "resume": _resume,
    "reduce-only": _reduce_only,
    "cancel-bids": _cancel(Side.BUY, "bids off"),
    "cancel-asks": _cancel(Side.SELL, "asks off"),
    "flatten": _flatten,
    "kill": _kill,
    "kill-now": _kill_now,
    "rearm": _rearm,
}
