"""The two lines above everything: mode, network, symbol, quoting, kill switch, clock; then the money.

Always from the live picture, also while the panes are held. Items are dropped whole from the right;
the run kind, the quoting state and freshness never are.
"""

from mmtui.console.format import clock, date, duration, milliseconds, percent, plain, short_account, signed
from mmtui.console.panes import guards
from mmtui.console.rows import Line, Lines, block, join, spread, width_of
from mmtui.console.scene import Scene
from mmtui.domain.trip_view import RiskBar
from mmtui.domain.view import Mode, View

RUN_ROLES = {"LIVE": "live", "PAPER": "paper", "DRY-RUN": "paper", "SIM": "sim", "REPLAY": "sim"}
MODE_ROLES = {Mode.QUOTING: "ok", Mode.KILLED: "bad", Mode.STALE: "bad", Mode.STOPPED: "warn"}
BOOK_AGE_WARN_MS = 1_000.0
DAY_LOSS_WORDS = ("daily", "day")


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
    """What the engine is doing, with its reason when that is not quoting."""
    engine = view.engine
    role = MODE_ROLES.get(engine.mode, "warn")
    if engine.mode is Mode.QUOTING:
        text = f"QUOTING {engine.bids_quoted}x{engine.asks_quoted}"
        return ((text, "ok" if engine.bids_quoted and engine.asks_quoted else "warn"),)
    words = f"{engine.mode.value} {plain(engine.mode_reason)}".strip()
    return ((words if len(words) <= width else engine.mode.value, role),)


def kill_state(view: View) -> Line:
    """Armed or fired."""
    kill = view.engine.kill
    return ((f"kill FIRED {clock(kill.at)}", "bad"),) if kill.is_fired else (("kill armed", "label"),)


def freshness(scene: Scene) -> Line:
    """HELD or OLD, when either is so."""
    sight = scene.desk.sight
    if scene.is_silent:
        return ((f" OLD {scene.age_s:.0f}s ", "bad"),)
    if sight.held is not None:
        return ((f" HELD {scene.now.engine - sight.held_at:.0f}s ", "held"),)
    return ()


def identity(scene: Scene, width: int) -> Line:
    """Line 1."""
    view = scene.live
    if view is None:
        return (*badge(None), (f" waiting for the engine, {scene.age_s:.0f} s", "warn"))
    session, at = view.session, view.engine.at
    name = ((plain(session.coin or session.asset), "text"),)
    held = freshness(scene)
    clock_text = f"{clock(at, 1 if width >= 110 else 0)}Z"
    right: Line = ((f"{date(at)} {clock_text} " if width >= 150 else f"{clock_text} ", "label"),)
    items: list[tuple[int, Line]] = [
        (0, badge(view)),
        (3, ((plain(session.network), "label"),)),
        (6, ((short_account(plain(session.account)), "label"),)),
        (1, name),
        (0, quoting(view, max(width - 60, 24))),
        (0, held),
        (2, kill_state(view)),
        (4, guards.banner(view, scene.glyphs, is_wide=width >= 110)),
        (8, ((f"up {duration(at - session.started_at)}", "label"),)),
        (9, ((plain(session.strategy), "label"),)),
        (10, ((f"params v{view.engine.parameters_version}", "label"),)),
        (11, (("attached" if scene.desk.link.is_attached else "engine in this process", "label"),)),
        (12, ((plain(f"mmtui {session.version}".strip()), "label"),)),
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
    session, engine = view.session, view.engine
    position, pnl, feed = engine.position, engine.pnl, engine.feed
    digits = session.size_decimals
    limit = f"{position.limit:.{digits}f}".rstrip("0").rstrip(".") or "0"
    unit = f" {plain(session.asset)}" if width >= 100 else ""
    is_read = engine.mode is not Mode.BOOTING or position.limit > 0
    held: Line = ((signed(position.size, digits), scene.mark("text")), (f" of {limit}{unit}", "label"))
    items: list[tuple[int, Line]] = [
        (0, ((" pos ", "label"), *(held if is_read else (("not read yet", "warn"),)))),
        (0, (("P&L ", "label"), (signed(pnl.total, 2), scene.mark(_gain(pnl.total))))),
        (2, _day(view, scene)),
        (1, (("md ", "label"), *_age(feed.book_age_ms, scene))),
        (3, (("ack ", "label"), (milliseconds(view.ack_ms), scene.mark("text")))),
        (5, (("loop ", "label"), (milliseconds(view.loop_ms), scene.mark("text")))),
        (4, _rate(view, scene)),
        (7, (("quoting ", "label"), (percent(engine.quote_uptime), scene.mark("text")), (" of time", "label"))),
        (8, (("fills ", "label"), (str(engine.counters.fills), scene.mark("text")))),
        (9, (("equity ", "label"), (f"{pnl.equity:,.2f}", scene.mark("text")))),
        (10, (("volume ", "label"), (f"{pnl.volume:,.0f}", scene.mark("text")))),
    ]
    return join(items, width, gap=3 if width >= 100 else 2)


def one_line(scene: Scene, width: int) -> Line:
    """The whole console in one line, for terminals too small for panes."""
    view = scene.live
    if view is None:
        return join([(0, badge(None))], width)
    position, pnl = view.engine.position, view.engine.pnl
    alarm = "!!" if scene.is_silent or scene.desk.sight.worst_alarm() is not None else ""
    items: list[tuple[int, Line]] = [
        (0, badge(view)),
        (0, ((view.engine.mode.value, MODE_ROLES.get(view.engine.mode, "warn")),)),
        (0, ((alarm, "bad"),) if alarm else ()),
        (1, ((signed(position.size, view.session.size_decimals), scene.mark("text")),)),
        (2, ((signed(pnl.total, 0), scene.mark(_gain(pnl.total))),)),
        (3, ((plain(view.session.coin), "label"),)),
    ]
    return join(items, width, gap=1)


def _gain(value: float) -> str:
    return "loss" if value < 0 else "gain"


def _age(age_ms: float | None, scene: Scene) -> Line:
    if age_ms is None:
        return (("none", "warn"),)
    is_old = age_ms > BOOK_AGE_WARN_MS
    return ((milliseconds(age_ms) + (" !" if is_old else ""), scene.mark("warn" if is_old else "text")),)


def day_loss(view: View) -> RiskBar | None:
    """The monitor of the day's loss."""
    return next((bar for bar in view.engine.risk if "loss" in bar.name and bar.kills), None)


def _day(view: View, scene: Scene) -> Line:
    bar = day_loss(view)
    if bar is None:
        return (("day ", "label"), (signed(view.engine.pnl.utc_day, 2), scene.mark("text")))
    role = "bad" if bar.ratio >= 1 else "warn" if bar.ratio >= 0.8 else "text"
    return (("day loss ", "label"), (percent(bar.ratio) + (" !" if bar.ratio >= 0.8 else ""), scene.mark(role)))


def _rate(view: View, scene: Scene) -> Line:
    budget = view.engine.budget
    if not budget.actions_per_min_max:
        return ()
    ratio = budget.actions_last_min / budget.actions_per_min_max
    return (("rate ", "label"), (percent(ratio), scene.mark("warn" if ratio >= 0.8 else "text")))
