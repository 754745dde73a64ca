"""The one table of what can be done by key or by command line.

Bindings, the key line, the help page, completion and the user's own keys are all made from these
rows. Owns the names of keys; never acts. ``ctrl+k`` belongs to ``kill-now`` whatever a user maps.
"""

import difflib
import enum
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Danger(enum.IntEnum):
    """How much an act can cost: nothing, quotes, a question first, trading itself."""

    NONE = 0
    QUOTES = 1
    ASKS = 2
    STOPS = 3


class Page(NamedTuple):
    """One screen: the digit that opens it, its name and what it is for."""

    digit: str
    name: str
    help: str


class Action(NamedTuple):
    """One thing a person can do. An empty ``pages`` means everywhere; ``hint`` is the key line's words.

    ``once_a_press`` is for acts in steps: a key held down must not repeat them.
    """

    id: str
    keys: tuple[str, ...]
    help: str
    hint: str = ""
    danger: Danger = Danger.NONE
    pages: tuple[str, ...] = ()
    while_typing: bool = False
    once_a_press: bool = False
    argument: str = ""


KILL_KEY = "ctrl+k"
# Terminals repeat a held key every 30 to 90 ms; fingers are slower.
HELD_S = 0.15
FORBIDDEN_KEYS = frozenset({"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+z", "ctrl+m", "ctrl+i", "ctrl+j"})
REPEATING_KEYS = frozenset({"space", "enter", "escape", "up", "down", "left", "right", "tab", "backspace"})

PAGES = (
    Page("1", "main", "everything at a glance"),
    Page("2", "orders", "working orders and why each stands where it stands"),
    Page("3", "fills", "own trades with edge, markout and fee"),
    Page("4", "chart", "mid price and own fills over time"),
    Page("5", "parameters", "change settings of the running engine"),
    Page("6", "log", "what happened, filtered"),
    Page("7", "risk", "every limit, latency and the request budget"),
    Page("8", "why", "each level: its terms, their sum, their inputs"),
    Page("9", "report", "the session in figures, from the journal"),
)
_LISTS = ("orders", "fills", "parameters", "log", "help", "why", "report", "instances")
_EDIT = ("parameters",)
REPLAY = "replay"
_REPLAY = (REPLAY,)
_FILTERED = ("log", "parameters", "main", "fills", "help")

ACTIONS: tuple[Action, ...] = (
    Action("pause", ("p", "ctrl+p"), "cancel own quotes and stop quoting", "pause", Danger.QUOTES, while_typing=True),
    Action("resume", ("P",), "quote again; asks when LIVE", "resume", Danger.ASKS),
    Action("reduce-only", ("r",), "only quotes that shrink the position", "reduce only", Danger.QUOTES),
    Action("cancel-bids", ("b",), "cancel own bids and quote asks only until resume", "bids off", Danger.QUOTES),
    Action("cancel-asks", ("s",), "cancel own asks and quote bids only until resume", "asks off", Danger.QUOTES),
    Action("size-up", ("+",), "quote a tenth more size", "size up", Danger.QUOTES, once_a_press=True),
    Action("size-down", ("-",), "quote a tenth less size", "size down", Danger.QUOTES, once_a_press=True),
    Action("tighter", ("<",), "closest quotes 0.5 bp nearer", "tighter", Danger.QUOTES, once_a_press=True),
    Action("wider", (">",), "closest quotes 0.5 bp further out", "wider", Danger.QUOTES, once_a_press=True),
    Action("flatten", ("f",), "close the position at market, reduce only; asks", "flatten", Danger.ASKS),
    Action("kill", ("K",), "twice in 3 s: cancel all, stop, keep the position", "kill", Danger.STOPS),
    Action("kill-now", (KILL_KEY,), "kill at once, from anywhere", "kill now", Danger.STOPS, while_typing=True),
    Action("rearm", (), "clear a kill; the reason is recorded", danger=Danger.ASKS, argument="TEXT"),
    Action("acknowledge", ("x",), "put the alarm away; it stays in the log", "ack"),
    *(Action(page.name, (page.digit,), page.help) for page in PAGES),
    Action("edit", ("e", "enter"), "edit the chosen parameter", "edit", pages=_EDIT),
    Action(
        "parameters-edit",
        ("e",),
        "open the parameters",
        "edit",
        pages=("main", "orders", "fills", "chart", "risk", "why", "report"),
    ),
    Action("apply", ("a",), "send every staged value at once; asks when LIVE", "apply", Danger.ASKS, _EDIT),
    Action("undo", ("u",), "go back to the values before the last change", "undo", Danger.ASKS, _EDIT),
    Action("drop", ("escape",), "forget staged values, filters and messages", "drop"),
    Action("back", (), "stage the values of N changes ago", argument="N"),
    Action("keep-mine", ("m",), "stage again what was set aside by another's change", "keep mine", pages=_EDIT),
    Action("others", ("v",), "list all, the changed only, or those for live change", "which", pages=_EDIT),
    Action(
        "rehearse",
        ("R",),
        "trade the last minutes again, old and new values",
        "rehearse",
        pages=_EDIT,
        argument="[MINUTES]",
    ),
    Action("save", ("S",), "write what is in force into the file; shows it first", "save", Danger.ASKS, _EDIT),
    Action("preset", (), "stage the values kept under a name", argument="NAME"),
    Action("preset-keep", (), "keep what is changed or staged under a name", argument="NAME"),
    Action("presets", (), "list the named values", "presets"),
    Action("set", (), "stage and apply one parameter", danger=Danger.ASKS, argument="KEY VALUE"),
    Action("up", ("up", "k"), "one line up", pages=_LISTS),
    Action("down", ("down", "j"), "one line down", pages=_LISTS),
    Action("page-up", ("pageup",), "one screen up", pages=_LISTS),
    Action("page-down", ("pagedown",), "one screen down", pages=_LISTS),
    Action("first", ("g", "home"), "first line", pages=_LISTS),
    Action("last", ("G", "end"), "last line", pages=_LISTS),
    Action("shorter", ("left",), "chart: less time, closer", "less time", pages=("chart",)),
    Action("longer", ("right",), "chart: more time", "more time", pages=("chart",)),
    Action("look-back", ("h",), "chart: the values a column earlier", "look back", pages=("chart",)),
    Action("look-forward", ("l",), "chart: the values a column later", pages=("chart",)),
    Action("look-newest", ("G", "end"), "chart: the newest values again", pages=("chart",)),
    Action("figure", ("v",), "chart: another figure in the last panel", "figure", pages=("chart",)),
    Action("story", ("enter",), "the life of the chosen order", "its life", pages=("orders",)),
    Action("find-next", ("n",), "log: to the next older match, or the next warning", "next", pages=("log",)),
    Action("find-previous", ("N",), "log: to the next newer match, or warning", pages=("log",)),
    Action("report-again", ("enter",), "work the report out again", "again", pages=("report",)),
    Action("report-write", (), "write the report as text, Markdown and JSON", "write"),
    Action("export", (), "write a list to a file as CSV: fills", argument="NAME"),
    Action("next-pane", ("tab",), "choose the next pane: y, w and o take it", "pane"),
    Action("previous-pane", ("shift+tab",), "choose the previous pane"),
    Action("zoom", ("o",), "the chosen pane alone; again or esc: all", "only this"),
    Action("recentre", ("z",), "ladder: the mid in the middle again", pages=("main",)),
    Action("finer", ("[",), "ladder: fewer ticks a row", pages=("main",)),
    Action("coarser", ("]",), "ladder: more ticks a row", pages=("main",)),
    Action("log-level", ("L",), "log: everything, info, fills, warnings or errors", pages=("main", "log")),
    Action("level", (), "show log lines of a level and worse", argument="NAME"),
    Action("hold", ("space",), "hold the panes still; the top lines go on", "hold"),
    Action("filter", ("/",), "show only lines that contain the text", "filter", pages=_FILTERED),
    Action("copy", ("y",), "copy the chosen pane to the terminal's clipboard", "copy"),
    Action("write", ("w",), "write the chosen pane to a file as text", "write"),
    Action("bundle", ("i",), "write journal, recording, log, screen for an incident", "bundle"),
    Action("theme", (), "change the colours", argument="NAME"),
    Action("reload", (), "read your keys and themes again", "reload"),
    Action("take", (), "take control; the console in control is told", "take control"),
    Action("instances", ("I",), "the engines that run here, to look at another", "engines"),
    Action("switch", (), "look at another engine; this one goes on", argument="ID"),
    Action("next-instance", (), "look at the next engine", "next engine"),
    Action("switch-chosen", ("enter",), "look at the chosen engine", "show", pages=("instances",)),
    Action("play", ("space",), "replay: pause, or go on", "play", pages=_REPLAY),
    Action("second-on", (".",), "replay: a second forward, paused", "+1 s", pages=_REPLAY),
    Action("second-back", (",",), "replay: a second back, paused", "-1 s", pages=_REPLAY),
    Action("minute-on", ("}",), "replay: a minute forward", "+1 min", pages=_REPLAY),
    Action("minute-back", ("{",), "replay: a minute back", "-1 min", pages=_REPLAY),
    Action("faster", (")",), "replay: faster", "faster", pages=_REPLAY),
    Action("slower", ("(",), "replay: slower", "slower", pages=_REPLAY),
    Action("next-fill", ("n",), "replay: to the next fill", "fill", pages=_REPLAY),
    Action("previous-fill", ("N",), "replay: to the fill before", pages=_REPLAY),
    Action("next-warning", ("m",), "replay: to the next warning or error", "warning", pages=_REPLAY),
    Action("previous-warning", ("M",), "replay: to the warning before", pages=_REPLAY),
    Action("goto", (), "replay: to HH:MM:SS, +90, -5m, start or end", pages=_REPLAY, argument="TIME"),
    Action("command", (":",), "type a command; tab completes", "command"),
    Action("help", ("?", "f1"), "this page", "help"),
    Action("redraw", ("ctrl+l",), "draw everything again", while_typing=True),
    Action("quit", ("q", "ctrl+q"), "leave; asks what becomes of the engine", "quit", while_typing=True),
    Action("interrupt", ("ctrl+c",), "ask to quit; twice within 3 s stops gracefully", while_typing=True),
)
BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
COMMANDS: tuple[Action, ...] = tuple(
    a for a in ACTIONS if a.id not in ("command", "interrupt", "parameters-edit") and (a.argument or a.hint or a.keys)
)

HINTS: dict[str, tuple[str, ...]] = {
    "main": ("pause", "resume", "flatten", "kill", "kill-now", "parameters-edit", "reduce-only", "cancel-bids",
             "cancel-asks", "size-up", "size-down", "tighter", "wider", "acknowledge",
             "next-pane", "copy", "hold", "command", "help", "quit"),
    "parameters": ("edit", "apply", "undo", "drop", "filter", "others", "rehearse", "save", "pause",
                   "kill", "kill-now", "command", "help", "quit"),
    "chart": ("shorter", "longer", "look-back", "figure", "pause", "flatten", "kill", "kill-now", "hold", "copy",
              "command", "help", "quit"),
    "orders": ("story", "cancel-bids", "cancel-asks", "pause", "flatten", "kill", "kill-now", "hold", "copy",
               "command", "help", "quit"),
    "fills": ("filter", "export", "pause", "flatten", "kill", "kill-now", "hold", "copy", "command", "help", "quit"),
    "report": ("report-again", "report-write", "pause", "flatten", "kill", "kill-now", "copy", "command", "help",
               "quit"),
    REPLAY: ("play", "second-on", "minute-on", "faster", "slower", "next-fill", "next-warning", "second-back",
             "minute-back", "copy", "command", "help", "quit"),
    "log": ("pause", "kill", "kill-now", "filter", "find-next", "drop", "hold", "copy", "command", "help", "quit"),
}  # fmt: skip
HINTS_ELSEWHERE = (
    "pause", "flatten", "kill", "kill-now", "parameters-edit", "hold", "copy", "command", "help", "quit",
)  # fmt: skip


NOTHING = "nothing"
ALIASES = {"esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown", "del": "delete", "ins": "insert"}
_NAMED = (
    "escape", "enter", "space", "tab", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown", "up",
    "down", "left", "right", *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
_CONTROL = tuple(f"ctrl+{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
KEY_NAMES = frozenset((*_NAMED, *_CONTROL, *(f"shift+{name}" for name in ("tab", "up", "down", "left", "right"))))


class KeyMap:
    """Which action a key means on a page, and whether it is being held down.

    ``problems`` are own keys that were not taken, with the remedy; ``moved`` are keys that mean something else now.
    """

    __slots__ = ("_everywhere", "_last", "_on_page", "keys_of", "moved", "problems")

    def __init__(self, overrides: Mapping[str, str] | None = None, problems: Sequence[str] = ()) -> None:
        self.problems: list[str] = list(problems)
        self.moved: list[str] = []
        self._last: tuple[str, float] = ("", -math.inf)
        self.keys_of: dict[str, tuple[str, ...]] = {action.id: action.keys for action in ACTIONS}
        for name, action_id in (overrides or {}).items():
            key = ALIASES.get(name.lower(), name)
            refusal = _refusal(key, action_id)
            if refusal:
                self.problems.append(f"key {name} {refusal}")
            else:
                self._remap(key, action_id)
        self._everywhere: dict[str, Action] = {}
        self._on_page: dict[tuple[str, str], Action] = {}
        for action in ACTIONS:
            for key in self.keys_of[action.id]:
                if action.pages:
                    self._on_page.update({(page, key): action for page in action.pages})
                else:
                    self._everywhere[key] = action

    def _remap(self, key: str, action_id: str) -> None:
        action = BY_ID.get(action_id)
        for other, keys in self.keys_of.items():
            if key in keys and other != action_id and (action is None or _overlap(BY_ID[other], action)):
                left = tuple(k for k in keys if k != key)
                self.keys_of[other] = left
                rest = f"still on {left[0]}" if left else f"only by :{other} now"
                self.moved.append(f"{key} is {action_id}, no longer {other} ({rest})")
        if action is not None and key not in self.keys_of[action_id]:
            self.keys_of[action_id] = (*self.keys_of[action_id], key)

    def find(self, key: str, page: str, *, is_replay: bool = False) -> Action | None:
        """The action of a key on a page; in a replay moving about in time comes first."""
        moving = self._on_page.get((REPLAY, key)) if is_replay else None
        return moving or self._on_page.get((page, key)) or self._everywhere.get(key)

    def is_held(self, key: str, at: float) -> bool:
        """Whether a key comes too soon after itself for a finger; to be told of every key, in real seconds."""
        last, self._last = self._last, (key, at)
        return key == last[0] and at - last[1] < HELD_S

    def key_of(self, action_id: str) -> str:
        """The first key of an action, or nothing."""
        keys = self.keys_of[action_id]
        return keys[0] if keys else ""


def _refusal(key: str, action_id: str) -> str:
    """Why a person's own key cannot be taken, with the remedy; empty when it can."""
    action = BY_ID.get(action_id)
    if action is None and action_id != NOTHING:
        close = difflib.get_close_matches(action_id, BY_ID, 1)
        meant = f"did you mean {close[0]!r}?" if close else "? lists them all"
        return f"cannot mean {action_id!r}, there is no such action; {meant}"
    if key == KILL_KEY:
        return "always kills and cannot be given away; choose another"
    if len(key) != 1 and key not in KEY_NAMES:
        return "is no key; write one character, f1 to f12, ctrl+a letter, or a name such as pageup"
    if key in FORBIDDEN_KEYS:
        return "is eaten by terminals; choose another"
    if action is not None and action.danger and key in REPEATING_KEYS:
        return f"repeats when held and cannot mean {action_id}; choose another"
    if action is not None and action.argument and not action.argument.startswith("["):
        return f"cannot mean {action_id}, which needs words; type :{action_id} {action.argument}"
    return ""


def _overlap(one: Action, other: Action) -> bool:
    return not one.pages or not other.pages or bool(set(one.pages) & set(other.pages))


def hints(page: str) -> tuple[Action, ...]:
    """The actions of a page's key line, in the order shown."""
    return tuple(BY_ID[name] for name in HINTS.get(page, HINTS_ELSEWHERE))
