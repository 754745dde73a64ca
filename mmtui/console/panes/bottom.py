"""The last two lines: a question or the last note, then the keys, or the field being typed in.

A question uses both lines and covers no pane; with one line only it takes that line.
"""

from mmtui.console.asks import KILL_S, Ask
from mmtui.console.field import Field
from mmtui.console.format import clock, cut, plain
from mmtui.console.keys import PAGES, REPLAY, hints
from mmtui.console.palette import typing
from mmtui.console.panes.orders import CLOSED
from mmtui.console.panes.status import RUN_ROLES
from mmtui.console.rows import Line, Lines, block, fit, join
from mmtui.console.scene import Scene
from mmtui.console.scrubbing import player_of
from mmtui.domain.parameters import find

LEFT_SHOWN = 6
KEEP = (
    "pause",
    "kill",
    "help",
    "kill-now",
    "flatten",
    "resume",
    "quit",
    "apply",
    "edit",
    "parameters-edit",
    "hold",
    "command",
)
KIND_ROLES = {
    "KILL": "alarm",
    "FLATTEN": "ask-block",
    "RESUME": "ask-block",
    "APPLY": "ask-block",
    "UNDO": "ask-block",
    "QUIT": "ask-block",
}


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Two lines, or one."""
    desk = scene.desk
    if desk.ask is not None:
        lines = _ask(desk.ask, scene, width)
        return block(lines if height > 1 else [_short_ask(desk.ask, scene, width)], width, height)
    last = _field(desk.field, width) if desk.field is not None else key_line(scene, width)
    if height > 1:
        above = _field_help(scene, width) if desk.field is not None else _note(scene, width)
        return block([above, last], width, height)
    return block([_note(scene, width) if desk.note is not None and desk.field is None else last], width, height)


def key_line(scene: Scene, width: int) -> Line:
    """The keys of this page, the least important dropped first."""
    items: list[tuple[int, Line]] = []
    for place, action in enumerate(hints(REPLAY if player_of(scene.desk.link) is not None else scene.desk.page)):
        key = scene.keymap.key_of(action.id)
        if key:
            hint: Line = ((key.replace("escape", "esc"), "key"), (f" {action.hint}", "label"))
            items.append((KEEP.index(action.id) if action.id in KEEP else len(KEEP) + place, hint))
    items.insert(min(6, len(items)), (4, ((f"{PAGES[0].digit}-{PAGES[-1].digit}", "key"), (" screens", "label"))))
    return ((" ", "text"), *join(items, width - 1))


def _note(scene: Scene, width: int) -> Line:
    note = scene.desk.note
    if note is None or (note.role in ("ok", "text") and note.text.startswith("kill") and _has_fired(scene)):
        return _killed(scene, width)
    return ((" ", "text"), (cut(plain(note.text), width - 1), note.role))


def _has_fired(scene: Scene) -> bool:
    return scene.live is not None and scene.live.engine.kill.is_fired


def _killed(scene: Scene, width: int) -> Line:
    """What the engine says of a kill; while own orders may rest, which."""
    view = scene.live
    if view is None or not view.engine.kill.is_fired:
        return ()
    kill = view.engine.kill
    progress = plain(kill.progress) or "cancels not yet verified"
    left = [f"..{plain(order.cloid)[-4:]}" for order in view.engine.orders if order.state not in CLOSED]
    if left:
        more = f" and {len(left) - LEFT_SHOWN} more" if len(left) > LEFT_SHOWN else ""
        progress += f"; may rest: {' '.join(left[:LEFT_SHOWN])}{more}"
    remedy = "   :rearm TEXT clears it"
    at, reason = clock(kill.at), plain(kill.reason)
    # Whether own orders may rest matters most; when and why stand in the lines at the top too.
    tellings = [f" KILLED {at} {reason}: {progress}", f" KILLED {at}: {progress}", f" KILLED: {progress}"]
    found = next((text + end for end in (remedy, "") for text in tellings if len(text + end) <= width), "")
    return ((found or cut(tellings[-1], width), "bad"),)


def _kind_block(ask: Ask, scene: Scene) -> Line:
    view = scene.live
    kind = plain(view.session.run_kind) if view is not None else ""
    is_live = RUN_ROLES.get(kind) == "live"
    role = "live" if is_live else KIND_ROLES.get(ask.kind, "ask-block")
    return ((f" {ask.kind} {kind} ".replace("  ", " "), role),)


def _ask(ask: Ask, scene: Scene, width: int) -> list[Line]:
    head = _kind_block(ask, scene)
    used = len(head[0][0]) + 1
    room = max(width - used, 0)
    line = f"{ask.headline}; {ask.detail}"
    text = line if ask.detail and len(line) <= room else ask.headline
    start = text.rfind(" ", 0, room + 1)
    if len(text) > room and start > 0:
        rest = f" {text[start + 1 :]}"
        for options in (ask.options, ask.options.split("   ")[0]):
            answer = f"   {options}   {ask.left_s(scene.now.real):.0f} s"
            if len(rest) + len(answer) <= width:
                return [(*head, (" ", "text"), (text[:start], "text")), ((rest, "text"), (answer, "key"))]
    return [(*head, (" ", "text"), (_fitting(ask, text, room), "text")), _options(ask, scene, width)]


def _fitting(ask: Ask, text: str, room: int) -> str:
    """The longest way of saying it that fits whole; cut where none does."""
    return next((one for one in (text, *ask.briefs) if len(one) <= room), cut(text, room))


def _options(ask: Ask, scene: Scene, width: int) -> Line:
    left_s = ask.left_s(scene.now.real)
    left = f"closes in {left_s:.1f} s " if ask.lasts_s <= KILL_S else f"closes in {left_s:.0f} s "
    room = width - len(left) - 2
    return fit(((" ", "text"), (cut(ask.options, room).ljust(room), "key"), (" ", "text"), (left, "label")), width)


def _short_ask(ask: Ask, scene: Scene, width: int) -> Line:
    head = _kind_block(ask, scene)
    keys = "/".join(sorted(ask.answers))
    tail = f" {keys}? {ask.left_s(scene.now.real):.0f}s"
    room = width - len(head[0][0]) - len(tail) - 1
    # Where keys do different things, which does what comes before anything else.
    text = ask.briefs[0] if len(ask.answers) > 1 and ask.briefs else ask.headline
    return (*head, (" ", "text"), (_fitting(ask, text, max(room, 0)), "text"), (tail, "key"))


def _field(field: Field, width: int) -> Line:
    prompt = f" {field.prompt}" if len(field.prompt) == 1 else f" {field.prompt} = "
    room = width - len(prompt) - 1
    start = max(field.cursor - room + 1, 0)
    text = field.text[start : start + room]
    at = field.cursor - start
    under = text[at] if at < len(text) else " "
    return ((prompt, "key"), (text[:at], "text"), (under, "cursor"), (text[at + 1 :], "text"))


def _field_help(scene: Scene, width: int) -> Line:
    desk, field = scene.desk, scene.desk.field
    assert field is not None
    if field.purpose == "edit":
        refusal = _edit_refusal(scene, field)
        return (
            (" ", "text"),
            (
                cut(refusal or "ok: enter stages, nothing is sent yet; esc cancels", width - 1),
                "bad" if refusal else "ok",
            ),
        )
    if field.purpose == "command":
        return _command_help(scene, field, width)
    count = desk.cursors.lengths.get(desk.page, 0)
    return ((f" {count} lines match; enter keeps the filter, esc clears it"[:width], "label"),)


def _command_help(scene: Scene, field: Field, width: int) -> Line:
    """What the chosen command does, what it lacks, or why it cannot be done now; in one line for small screens too."""
    choice = typing.chosen(scene.desk, field, scene.now)
    if choice is None:
        return ((cut(f" no command {plain(field.text)!r}; esc goes back", width), "warn"),)
    if choice.refusal:
        return ((cut(f" {choice.name} not now: {choice.refusal}", width), "warn"),)
    first = f" {choice.name}  " if choice.name.startswith(":") else " "
    return ((cut(f"{first}{choice.help}", width), "label"),)


def _edit_refusal(scene: Scene, field: Field) -> str:
    row = find(field.purpose_key)
    assert row is not None
    return scene.desk.drafts.refusal(row, field.text, scene.live)
