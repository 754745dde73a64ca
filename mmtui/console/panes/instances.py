"""The engines of this user on this machine: which there are, how each stands, who is in control."""

from mmtui.console.format import duration, number, plain, signed
from mmtui.console.panes.status import RUN_ROLES
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene
from mmtui.domain.standing import InstanceView

ID, KIND, MODE, POSITION, PNL, UP, CONSOLES = 28, 7, 11, 12, 12, 9, 8
WIDE = 110


def rows(scene: Scene, width: int, height: int) -> Lines:
    """One line an engine, the shown one marked; scrolls."""
    roster = scene.desk.roster
    known = roster.instances() if roster is not None else ()
    shown = scene.desk.link.standing().instance
    lines: list[Line] = [title("ENGINES", "enter shows the chosen one   1 main", width, scene.glyphs), _head(width)]
    if not known:
        return block([*lines, ((" none other is known here", "label"),)], width, height)
    room = max(height - len(lines) - 1, 1)
    chosen, first = scene.desk.cursors.at("instances", len(known), room)
    now = roster.clock() if roster is not None else 0.0
    for place, one in enumerate(known[first : first + room], first):
        lines.append(_row(one, now, is_chosen=place == chosen, is_shown=one.id == shown, is_wide=width >= WIDE))
    return block(
        [*lines, ((" * shown now; edits, cursors and questions stay with their engine", "label"),)], width, height
    )


def _head(width: int) -> Line:
    text = f"   {'id':<{ID}} {'kind':<{KIND}} {'mode':<{MODE}} {'position':>{POSITION}} {'P&L USD':>{PNL}}"
    if width >= WIDE:
        text += f" {'up':>{UP}} {'consoles':>{CONSOLES}}  in control"
    return ((text, "label"),)


def _size(position: float) -> str:
    """A position with every digit that counts: the engine of another market has other decimals."""
    whole, point, part = signed(position, 8).partition(".")
    return f"{whole}{point}{part.rstrip('0').ljust(2, '0')}"


def _row(one: InstanceView, now: float, *, is_chosen: bool, is_shown: bool, is_wide: bool) -> Line:
    marks = f"{'>' if is_chosen else ' '}{'*' if is_shown else ' '} "
    kind = plain(one.run_kind)
    mode = plain(one.mode or one.note or "no answer")
    position = "-" if one.position is None else _size(one.position)
    pnl = "-" if one.pnl_usd is None else signed(one.pnl_usd, 2)
    base = "chosen" if is_chosen else "text"
    parts: list[tuple[str, str]] = [
        (f"{marks}{plain(one.id)[:ID]:<{ID}} ", base),
        (f"{kind:<{KIND}}", RUN_ROLES.get(kind, "live")),
        (f" {mode[:MODE]:<{MODE}} {position:>{POSITION}} {pnl:>{PNL}}", base if one.mode else "warn"),
    ]
    if is_wide:
        consoles = "-" if one.consoles is None else number(one.consoles, 0)
        since = duration(max(now - one.started_at, 0.0))
        parts.append((f" {since:>{UP}} {consoles:>{CONSOLES}}  {plain(one.holder) or '-'}", "label"))
    return tuple(parts)
