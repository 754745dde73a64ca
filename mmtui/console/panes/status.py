"""The two lines above everything: mode, network, symbol, quoting, kill switch, clock; then the money.

Always from the live picture, also while the panes are held. Items are dropped whole from the right;
the run kind, the quoting state and freshness never are.
"""

from mmtui.console.format import (
    NOTHING,
    age,
    clock,
    compact,
    date,
    duration,
    is_number,
    milliseconds,
    number,
    percent,
    plain,
    short_account,
    signed,
)
from mmtui.console.panes import guards
from mmtui.console.rows import Line, Lines, block, join, spread, width_of
from mmtui.console.scene import BOOK_OLD_MS, Scene
from mmtui.console.scrubbing import player_of
from mmtui.domain.standing import Played
from mmtui.domain.trip_view import RiskBar
from mmtui.domain.view import Mode, View

RUN_ROLES = {"LIVE": "live", "PAPER": "paper", "DRY-RUN": "paper", "SIM": "sim", "REPLAY": "sim"}
MODE_ROLES = {Mode.QUOTING: "ok", Mode.KILLED: "bad", Mode.STALE: "bad", Mode.STOPPED: "warn"}
WIDENED_BPS = 0.1
MONEY_MAX = 1e10
ALARM_WIDTH = 12
REPLAYED_WIDTH = 80
NAMED_WIDTH = 110


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Line 1 and line 2; with one line only, the shortest useful summary."""
    if height == 1:
        return block([one_line(scene, width)], width, 1)
    return block([identity(scene, width), money(scene, width)], width, height)


def badge(view: View | None) -> Line:
    """The run kind in its block."""
    if view is None:
        return ((" NO ENGINE ", "bad"),)
    kind = plain(view.session.run_kind)
    return ((f" {kind} ", RUN_ROLES.get(kind, "live")),)


def quoting(view: View, width: int = 60) -> Line:
    """What the engine is doing; with why and since when it is not quoting, as far as there is room."""
    engine = view.engine
    role = MODE_ROLES.get(engine.mode, "warn")
    if engine.mode is Mode.QUOTING:
        text = f"QUOTING {engine.bids_quoted}x{engine.asks_quoted}"
        return ((text, "ok" if engine.bids_quoted and engine.asks_quoted else "warn"),)
    word = engine.mode.value
    since = clock(engine.mode_since)[:5] if engine.mode_since > 0 else ""
    reason = plain(engine.mode_reason)
    tellings = (f"{word} {reason} {since}", f"{word} {reason}", f"{word} {since}")
    told = (" ".join(text.split()) for text in tellings)
    return ((next((text for text in told if len(text) <= width), word), role),)


def widened(view: View) -> Line:
    """How much further out than the model asks, when it is; nothing otherwise."""
    total = sum(term.bps for term in view.engine.widened_by)
    return ((f"widened {signed(total, 1)} bp", "label"),) if total >= WIDENED_BPS else ()


def kill_state(view: View) -> Line:
    """Armed, fired, or latched: fired in an earlier run and not cleared since."""
    kill = view.engine.kill
    if not kill.is_fired:
        return (("kill armed", "label"),)
    is_earlier = 0 < kill.at < view.session.started_at
    return ((f"kill {'LATCHED' if is_earlier else 'FIRED'} {clock(kill.at)}", "bad"),)


def control(scene: Scene, width: int) -> Line:
    """Who is in control, where that is not simply this console; that it is not us is said at every width."""
    standing = scene.desk.link.standing()
    if not standing.is_in_control:
        holder = f", in control: {plain(standing.holder) or 'nobody'}" if width >= NAMED_WIDTH else ""
        return ((f" LOOKING ON{holder} ", "held"),)
    others = standing.consoles - 1
    return ((f"in control, {others} looking on", "label"),) if others > 0 else ()


def freshness(scene: Scene, width: int = 120) -> Line:
    """HELD or OLD, when either is so; where a replay stands."""
    sight = scene.desk.sight
    player = player_of(scene.desk.link)
    if player is not None:
        return replayed(player.played(), width)
    if scene.is_silent:
        return ((f" OLD {scene.age_s:.0f}s ", "bad"),)
    if sight.held is not None:
        return ((f" HELD {scene.now.engine - sight.held_at:.0f}s ", "held"),)
    return ()


def replayed(played: Played, width: int) -> Line:
    """How fast a replay plays, and how much of it is behind."""
    behind_s, whole_s = played.at - played.from_at, played.ready_to - played.from_at
    state = "PAUSED" if played.is_paused else f"x{played.speed:g}"
    more = "" if played.is_complete else "+"
    place = f"{duration(behind_s)} of {duration(whole_s)}{more}"
    if width < REPLAYED_WIDTH:
        place = percent(behind_s / whole_s if whole_s > 0.0 else 0.0)
    return ((f" {state} {place} ", "held"),)


def identity(scene: Scene, width: int) -> Line:
    """Line 1."""
    view = scene.live
    if view is None:
        return (*badge(None), (f" waiting for the engine, {scene.age_s:.0f} s", "warn"))
    session, at = view.session, view.engine.at
    name = ((plain(session.coin or session.asset), "text"),)
    held = freshness(scene, width)
    clock_text = f"{clock(at, 1 if width >= 110 else 0)}Z"
    right: Line = ((f"{date(at)} {clock_text} " if width >= 150 else f"{clock_text} ", "label"),)
    dex = f"{plain(session.dex)} dex" if session.dex else ""
    where = "attached" if scene.desk.link.is_attached else "engine in this process"
    items: list[tuple[int, Line]] = [
        (0, badge(view)),
        (2, ((plain(session.network), "label"),)),
        (7, ((dex, "label"),) if dex else ()),
        (8, ((short_account(plain(session.account)), "label"),)),
        (1, name),
        (0, quoting(view, max(width - 60, 24))),
        (0, held),
        (2 if scene.desk.link.standing().is_in_control else 0, control(scene, width)),
        (3, kill_state(view)),
        (4, guards.banner(view, scene.glyphs, is_wide=width >= 110)),
        (6, widened(view)),
        (9, ((f"up {duration(at - session.started_at)}", "label"),)),
        (10, ((plain(session.strategy), "label"),)),
        (11, ((f"params v{view.engine.parameters_version}", "label"),)),
        (12, ((where, "label"),)),
        (13, ((plain(f"mmtui {session.version}".strip()), "label"),)),
    ]
    room = width - width_of(right) - 1
    line = join(items, room)
    if width < 60:
        line, right = join(items, width), ()
    return spread(line, right, width)


def money(scene: Scene, width: int) -> Line:
    """Line 2."""
    view = scene.live
    if view is None:
        return ()
    engine, doubt = view.engine, scene.of_account().doubt
    pnl = engine.pnl
    items: list[tuple[int, Line]] = [
        (0, _position(view, scene, width)),
        (0, (("P&L ", "label"), (signed(pnl.total, 2) + doubt, scene.mark(_gain(pnl.total))))),
        (2, _day(view, scene, width)),
        (1, (("md ", "label"), *_age(engine.feed.book_age_ms, scene))),
        (3, (("ack ", "label"), *_ack(view, scene))),
        (5, (("loop ", "label"), (milliseconds(view.loop_ms), scene.mark("text")))),
        (4, _rate(view, scene)),
        (9, _funding(view, scene)),
        (7, (("quoting ", "label"), (percent(engine.quote_uptime), scene.mark("text")), (" of time", "label"))),
        (8, (("fills ", "label"), (str(engine.counters.fills), scene.mark("text")))),
        (10, _margin(view, scene)),
        (11, (("equity ", "label"), (f"{money_text(pnl.equity, 2)}", scene.mark("text")))),
        (12, (("volume ", "label"), (f"{money_text(pnl.volume, 0)}", scene.mark("text")))),
    ]
    return join(items, width, gap=3 if width >= 100 else 2)


def _position(view: View, scene: Scene, width: int) -> Line:
    position = view.engine.position
    if view.engine.mode is Mode.BOOTING and not position.limit > 0:
        return ((" pos ", "label"), ("not read yet", "warn"))
    account = scene.of_account()
    unit = f" {plain(view.session.asset)}" if width >= 100 else ""
    size = signed(position.size, view.session.size_decimals) + account.doubt
    dust = (" dust", "label") if position.is_dust and position.size else ("", "label")
    limit = aligned_limit(position.limit, view.session.size_decimals)
    return ((" pos ", "label"), (size, account.mark("text")), dust, (f" of {limit}{unit}", "label"))


def aligned_limit(limit: float, decimals: int) -> str:
    """A limit without needless zeros."""
    text = number(limit, decimals)
    return text.rstrip("0").rstrip(".") if "." in text and text != NOTHING else text


def money_text(value: float, decimals: int) -> str:
    """Dollars with thousands apart, compact where they would run away."""
    return f"{value:,.{decimals}f}" if is_number(value) and abs(value) < MONEY_MAX else compact(value)


def _funding(view: View, scene: Scene) -> Line:
    position = view.engine.position
    if position.funding_due_usd is None or position.funding_due_s is None or not position.size:
        return ()
    due = f"{signed(-position.funding_due_usd, 2)} in {age(position.funding_due_s)}"
    return (("funding ", "label"), (due, scene.mark("text")))


def _margin(view: View, scene: Scene) -> Line:
    used, equity = view.engine.position.margin_used_usd, view.engine.pnl.equity
    return (("margin ", "label"), (percent(used / equity), scene.mark("text"))) if equity > 0 else ()


def one_line(scene: Scene, width: int) -> Line:
    """The whole console in one line, for terminals too small for panes."""
    view = scene.live
    if view is None:
        return join([(0, badge(None))], width)
    position, pnl, doubt = view.engine.position, view.engine.pnl, scene.of_account().doubt
    worst = scene.desk.sight.worst_alarm()
    alarm = "!!SILENT" if scene.is_silent else f"!!{plain(worst.id)}" if worst is not None else ""
    limit = aligned_limit(position.limit, view.session.size_decimals)
    size = f"{signed(position.size, view.session.size_decimals)}{doubt}/{limit}"
    items: list[tuple[int, Line]] = [
        (0, badge(view)),
        (4, ((plain(view.session.coin), "label"),)),
        (0, ((view.engine.mode.value, MODE_ROLES.get(view.engine.mode, "warn")),)),
        (2, ((size, scene.mark("text")),)),
        (3, ((signed(pnl.total, 0) + doubt, scene.mark(_gain(pnl.total))),)),
        (1, ((alarm if len(alarm) <= ALARM_WIDTH else "!!", "bad"),) if alarm else ()),
    ]
    return join(items, width, gap=1)


def _gain(value: float) -> str:
    return "loss" if value < 0 else "gain"


def _age(age_ms: float | None, scene: Scene) -> Line:
    if age_ms is None:
        return (("none", "warn"),)
    is_old = not age_ms <= BOOK_OLD_MS
    return ((milliseconds(age_ms) + (" !" if is_old else ""), scene.mark("warn" if is_old else "text")),)


def _ack(view: View, scene: Scene) -> Line:
    """The last answer of the exchange, marked when it took longer than it should."""
    limit = next((row.limit for row in view.latency if "ack" in row.name), None)
    is_over = view.ack_ms is not None and limit is not None and not view.ack_ms <= limit
    return ((milliseconds(view.ack_ms) + (" !" if is_over else ""), scene.mark("warn" if is_over else "text")),)


def day_loss(view: View) -> RiskBar | None:
    """The monitor of the day's loss."""
    return next((bar for bar in view.engine.risk if "loss" in bar.name and bar.kills), None)


def _day(view: View, scene: Scene, width: int) -> Line:
    bar = day_loss(view)
    if bar is None:
        return (("day ", "label"), (signed(view.engine.pnl.utc_day, 2), scene.mark("text")))
    role = "bad" if not bar.ratio < 1 else "warn" if bar.ratio >= 0.8 else "text"
    share = percent(bar.ratio) + (" !" if role != "text" else "")
    of_stop = (" of stop", "label") if width >= 130 else ("", "label")
    return (("day loss ", "label"), (share, scene.mark(role)), of_stop)


def _rate(view: View, scene: Scene) -> Line:
    budget = view.engine.budget
    if not budget.actions_per_min_max:
        return ()
    ratio = budget.actions_last_min / budget.actions_per_min_max
    is_near = not ratio < 0.8
    return (("rate ", "label"), (percent(ratio) + (" !" if is_near else ""), scene.mark("warn" if is_near else "text")))
