"""The help page, generated from the table of keys: first how to kill without this console."""

from mmtui.console.format import cut
from mmtui.console.keys import ACTIONS, Action
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene

KEYS, NAME = 10, 16
TWO_COLUMNS = 150


def rows(scene: Scene, width: int, height: int) -> Lines:
    """One line an action, in two columns where there is room; scrolls."""
    entries = [_entry(action, scene) for action in ACTIONS]
    across = 2 if width >= TWO_COLUMNS else 1
    column = width // across
    per = -(-len(entries) // across)
    body: list[Line] = []
    for place in range(per):
        line: list[tuple[str, str]] = []
        for side in range(across):
            at = place + side * per
            if at < len(entries):
                line += _padded(entries[at], column)
        body.append(tuple(line))
    head: list[Line] = [
        title("HELP", "up and down scroll   1 main", width, scene.glyphs),
        (
            (" to kill without this console: ", "text"),
            ("mmtui kill", "key"),
            (" in any terminal; then ", "text"),
            (":rearm TEXT", "key"),
        ),
    ]
    room = height - len(head)
    _, first = scene.desk.cursors.at("help", len(body), room)
    return block(head + body[first : first + room], width, height)


def _entry(action: Action, scene: Scene) -> Line:
    keys = "  ".join(key.replace("escape", "esc") for key in scene.keymap.keys_of[action.id])
    name = f":{action.id} {action.argument}".strip()
    return ((f" {keys:<{KEYS}}", "key"), (f"{name:<{NAME}} ", "label"), (action.help, "text"))


def _padded(line: Line, width: int) -> Line:
    text, role = line[-1]
    room = width - sum(len(part) for part, _ in line[:-1])
    return (*line[:-1], (cut(text, max(room - 1, 0)).ljust(max(room, 0)), role))
