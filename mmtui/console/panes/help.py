"""The help page, generated from the table of keys as they are mapped now: first how to kill without this console."""

from collections.abc import Sequence

from mmtui.console.format import cut, plain
from mmtui.console.keys import ACTIONS, PAGES, Action
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene

PAGE = "help"
KEYS, NAME = 10, 14
TWO_COLUMNS = 150
TRADING, SCREENS, ANYWHERE = "trading", "screens", "everywhere"


def rows(scene: Scene, width: int, height: int) -> Lines:
    """One line an action under the heading of its group, in two columns where there is room; scrolls, and filters."""
    words = scene.desk.cursors.filters.get(PAGE, "").lower()
    across = 2 if width >= TWO_COLUMNS else 1
    entries = [line for name, group in groups(words) for line in _group(name, group, scene, width // across)]
    head = _kill_line(scene)
    refused: list[Line] = [((cut(f" not taken: {problem}", width), "warn"),) for problem in scene.keymap.problems]
    room = max(height - 2 - len(refused), 0)
    per = max(-(-len(entries) // across), 1)
    body = [
        (*_padded(entries[place], width // across), *(entries[place + per] if place + per < len(entries) else ()))
        if across == 2
        else entries[place]
        for place in range(min(per, len(entries)))
    ]
    cursors = scene.desk.cursors
    furthest = max(len(body) - room, 0)
    cursors.lengths[PAGE], cursors.view_heights[PAGE] = furthest + 1, room
    first = cursors.chosen[PAGE] = min(max(cursors.chosen.get(PAGE, 0), 0), furthest)
    detail = _detail(scene, words, first, room, len(body))
    if not body:
        body = [((" nothing matches; esc shows every key", "label"),)]
    return block(
        [title("HELP", detail, width, scene.glyphs), head, *refused, *body[first : first + room]], width, height
    )


def groups(words: str = "") -> list[tuple[str, list[Action]]]:
    """Actions by what they are for: trading first, then what works everywhere, then what belongs to a page."""
    found: dict[str, list[Action]] = {TRADING: [], ANYWHERE: [], SCREENS: []}
    for action in ACTIONS:
        if all(word in f"{action.id} {action.help} {' '.join(action.keys)}".lower() for word in words.split()):
            found.setdefault(_group_of(action), []).append(action)
    return [(name, actions) for name, actions in found.items() if actions]


def _group_of(action: Action) -> str:
    if action.id in {page.name for page in PAGES} | {"help", "instances", "parameters-edit"}:
        return SCREENS
    if action.danger and not action.pages:
        return TRADING
    if not action.pages:
        return ANYWHERE
    return "in lists" if len(action.pages) > 3 else "on " + " and ".join(action.pages)


def _kill_line(scene: Scene) -> Line:
    chord = scene.keymap.key_of("kill-now")
    return (
        (" without this console: ", "text"),
        ("mmtui kill", "key"),
        (", then ", "text"),
        ("mmtui resume", "key"),
        (".  Here: ", "text"),
        (chord, "key"),
        (", then ", "text"),
        (":rearm", "key"),
    )


def _detail(scene: Scene, words: str, first: int, room: int, count: int) -> str:
    shown = f"lines {first + 1} to {min(first + room, count)} of {count}" if count > room else ""
    finds = f"with {plain(words)!r}, esc clears" if words else f"{scene.keymap.key_of('filter')} finds"
    moved = len(scene.keymap.moved)
    own = f"{moved} key{'s' if moved > 1 else ''} of your own" if moved else ""
    return "   ".join(part for part in (shown, finds, own) if part)


def _group(name: str, actions: Sequence[Action], scene: Scene, width: int) -> list[Line]:
    return [((f" {name.upper()}", "title"),), *(_entry(action, scene, width) for action in actions)]


def _entry(action: Action, scene: Scene, width: int) -> Line:
    keys = "  ".join(key.replace("escape", "esc") for key in scene.keymap.keys_of[action.id])
    name = f":{action.id} {action.argument}".strip()
    left: Line = ((f" {keys:<{KEYS}} ", "key"), (f"{name:<{NAME}} ", "label"))
    room = width - sum(len(text) for text, _ in left)
    return (*left, (cut(action.help, max(room, 0)), "text"))


def _padded(line: Line, width: int) -> Line:
    return (*line, (" " * max(width - sum(len(text) for text, _ in line), 0), "text"))
