"""The palette as rows above the last two lines: name, key, danger, what it does, or why it cannot be done now."""

from mmtui.console.desk import Desk
from mmtui.console.format import cut
from mmtui.console.palette.choosing import Choice, choices
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene

NAME, KEY, DANGER = 22, 9, 8
ROWS_MAX, SCREEN_MIN = 12, 14


def height(desk: Desk, screen_height: int) -> int:
    """Lines of the palette on a screen now; 0 while it is closed and where there is only room for the line itself."""
    if desk.field is None or desk.field.purpose != "command":
        return 0
    return min(ROWS_MAX, screen_height // 2 - 3) if screen_height >= SCREEN_MIN else 0


def rows(scene: Scene, width: int, lines: int) -> Lines:
    """A heading, and the choices around the chosen one."""
    field = scene.desk.field
    if field is None or field.purpose != "command":
        return block([], width, lines)
    offered = choices(scene.desk, field.text, scene.now)
    place = min(max(field.chosen, 0), max(len(offered) - 1, 0))
    room = lines - 1
    first = min(max(place - room // 2, 0), max(len(offered) - room, 0))
    detail = f"{len(offered)} match   tab fills in   up down choose   enter runs   esc back"
    head = title("COMMANDS", detail, width, scene.glyphs)
    shown = offered[first : first + room]
    name_width = max([NAME, *(min(len(choice.name), width // 2) for choice in shown)])
    body = [
        _row(choice, width, name_width, is_chosen=first + at == place, arrow=scene.glyphs.arrow)
        for at, choice in enumerate(shown)
    ]
    return block([head, *body], width, lines)


def _row(choice: Choice, width: int, name_width: int, *, is_chosen: bool, arrow: str) -> Line:
    has_keys = choice.name.startswith(":")
    name = cut(choice.name, name_width).ljust(name_width)
    middle = f" {choice.key:<{KEY}}{choice.danger:<{DANGER}}" if has_keys else "  "
    words, role = (f"not now: {choice.refusal}", "warn") if choice.refusal else (choice.help, "text")
    room = width - 2 - name_width - len(middle)
    return (
        (f"{arrow} " if is_chosen else "  ", "key"),
        (name, "chosen" if is_chosen else "key"),
        (middle, "label"),
        (cut(words, max(room, 0)), role),
    )
