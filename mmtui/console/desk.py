"""Everything the person at the console has going on, and what a key does to it. Pure of Textual.

Owns the page, the question or field that is open, cursors, staged values and the last note. Time
is an argument, so each rule of the keyboard is tested without a terminal. What only the app can do
(copy, redraw, end) is left in ``wishes``.
"""

from collections.abc import Callable

from mmtui.console.asks import Ask
from mmtui.console.attending.attendance import Attendance, looks_on
from mmtui.console.drafts import Drafts
from mmtui.console.edits.arriving import arrive
from mmtui.console.edits.following import follow
from mmtui.console.field import Field
from mmtui.console.findings import Findings
from mmtui.console.keys import ACTIONS, BY_ID, KILL_KEY, KeyMap
from mmtui.console.link import Link, Roster
from mmtui.console.moment import Moment
from mmtui.console.outbox import Note, Outbox
from mmtui.console.palette import typing
from mmtui.console.scroll import Cursors
from mmtui.console.scrubbing import player_of
from mmtui.console.sight import Sight
from mmtui.domain.view import View

NOTE_S = 12.0
HISTORY_MAX = 50

Handler = Callable[["Desk", str, Moment], None]


class Desk:
    """The console's own state; the engine's is only ever read from ``sight``."""

    __slots__ = (
        "_handlers",
        "ask",
        "attendance",
        "cursors",
        "drafts",
        "field",
        "findings",
        "history",
        "keymap",
        "link",
        "note",
        "outbox",
        "roster",
        "sight",
        "wishes",
    )

    def __init__(self, link: Link, keymap: KeyMap, handlers: dict[str, Handler], *, name: str, now: Moment) -> None:
        assert handlers.keys() == {action.id for action in ACTIONS}, "an action without a handler, or the reverse"
        self.link = link
        self.keymap = keymap
        self.sight = Sight(now.engine)
        self.outbox = Outbox(name)
        self.findings = Findings(name)
        self.attendance = Attendance(link.standing())
        self.roster: Roster | None = None
        self.drafts = Drafts()
        self.cursors = Cursors()
        self.ask: Ask | None = None
        self.field: Field | None = None
        self.note: Note | None = None
        self.history: list[str] = []
        self.wishes: list[tuple[str, str]] = []
        self._handlers = handlers

    @property
    def view(self) -> View | None:
        """The live picture."""
        return self.sight.view

    @property
    def page(self) -> str:
        """The open page."""
        return self.cursors.page

    def say(self, text: str, now: Moment, role: str = "text") -> None:
        """Put a note on the line above the keys."""
        self.note = Note(text, role, now.real)

    def say_sent(self, label: str, now: Moment) -> None:
        """That a command has left, or that it could not yet."""
        if self.link.standing().trouble:
            self.say(f"{label}: NOT SENT yet, there is no connection", now, "bad")
        else:
            self.say(f"{label}: sent", now)

    def do(self, action_id: str, argument: str, now: Moment) -> None:
        """Perform an action by name."""
        refusal = looks_on(self.link.standing(), BY_ID[action_id])
        if refusal:
            self.say(refusal, now, "bad")
        else:
            self._handlers[action_id](self, argument, now)

    def look(self, now: Moment) -> None:
        """Take in the latest picture and answers; let questions and notes run out."""
        self.sight.take(self.link.latest(), now.engine)
        note = self.outbox.settle(self.link.results(), now.real)
        note = self.outbox.complete(self.view, now.real) or note
        found = self.findings.settle(self.link.findings(), now.real)
        heard = self.attendance.settle(self.link.standing(), now.real)
        if heard is not None or found is not None or note is not None:
            self.note = note or heard or found
        arrive(self, now)
        follow(self, now)
        if self.ask is not None and self.ask.is_over(now.real):
            self.say(f"{self.ask.kind}: no answer, nothing done", now)
            self.ask = None
        elif self.ask is not None and self.ask.must_renew(now.real):
            assert self.ask.renew is not None
            self.ask.renew(self, now)
        if self.note is not None and self.note.role != "bad" and now.real - self.note.at > NOTE_S:
            self.note = None

    def press(self, key: str, now: Moment) -> None:
        """One key, by the rules of questions first, then typing, then the table."""
        if key == KILL_KEY:
            self.do("kill-now", "", now)
            return
        is_held = self.keymap.is_held(key, now.real)
        action = self.keymap.find(key, self.page, is_replay=player_of(self.link) is not None)
        if self.ask is not None and self._answer(key, now):
            return
        if self.field is not None and not (action is not None and action.while_typing and len(key) > 1):
            self._type(key, now)
            return
        if action is not None and action.once_a_press and is_held:
            self.say(f"{action.id}: one step a press; let the key go first", now)
        elif action is not None:
            self.do(action.id, "", now)

    def paste(self, text: str) -> None:
        """Pasted text is added to an open field and otherwise dropped."""
        if self.field is not None:
            self.field.insert(text)

    def _answer(self, key: str, now: Moment) -> bool:
        ask = self.ask
        assert ask is not None
        answer = ask.answers.get(key)
        if answer is not None:
            if ask.is_armed(now.real):
                self.ask = None
                answer(self, now)
            return True
        self.ask = None
        self.say(f"{ask.kind}: no, nothing done", now)
        action = self.keymap.find(key, self.page)
        return not (action is not None and action.while_typing and len(key) > 1)

    def _type(self, key: str, now: Moment) -> None:
        field = self.field
        assert field is not None
        if field.purpose == "command" and typing.press(self, field, key, now):
            return
        if key == "escape" or (key == "backspace" and not field.text and field.purpose != "edit"):
            self.field = None
            if field.purpose == "filter":
                self.cursors.filters.pop(self.page, None)
        elif key == "enter":
            self._submit(field, now)
        elif field.press(key) and field.purpose == "filter":
            self.cursors.filters[self.page] = field.text

    def _submit(self, field: Field, now: Moment) -> None:
        if field.purpose == "command":
            line = typing.line_to_run(self, field, now)
            if line or not field.text.strip():
                self.field = None
                self.run_line(line, now)
        elif field.purpose == "filter":
            self.field = None
        else:
            refusal = self.drafts.stage_text(field.purpose_key, field.text, self.view)
            if not refusal:
                self.field = None
                self.say(f"{field.purpose_key} staged; a applies, esc drops", now)

    def run_line(self, line: str, now: Moment) -> None:
        """Perform a typed command: an action's name and its argument."""
        name, _, argument = line.strip().partition(" ")
        if not name:
            return
        self.history = [*(entry for entry in self.history if entry != line), line][-HISTORY_MAX:]
        action = next((a for a in ACTIONS if a.id == name and a.id != "command"), None)
        if action is None:
            self.say(f"no command {name!r}; ? lists them, tab completes", now, "warn")
        elif action.argument and not action.argument.startswith("[") and not argument.strip():
            self.say(f"use :{action.id} {action.argument}", now, "warn")
        elif argument and not action.argument:
            self.say(f":{action.id} takes nothing after it", now, "warn")
        else:
            self.do(action.id, argument.strip(), now)
