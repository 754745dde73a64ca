"""Consultations: who hears of what, and when one is given up."""

from mmtui.console.findings import SILENCE_S, Findings
from mmtui.domain.consultations import CostFlatten, FlattenCosted, ListPresets, Presets, Unable, Working
from tests.console.memory_link import MemoryLink

COSTED = {
    "side": "SELL",
    "size": 1.0,
    "price": 9.0,
    "expected_price": 9.5,
    "cost_usd": 2.0,
    "cost_bps": 3.0,
    "orders": 1,
}


def test_a_finding_is_kept_by_its_kind_and_told_to_who_asked() -> None:
    link, findings, heard = MemoryLink(), Findings("op"), []
    asked = findings.ask(link, "flatten", lambda made: CostFlatten(id=made), 0.0, heard.append)
    assert [one.id for one in link.consulted] == [asked]
    costed = FlattenCosted(id=asked, **COSTED)
    assert findings.settle([costed], 0.1) is None
    assert heard == [costed]
    assert findings.latest(FlattenCosted) == costed
    assert findings.latest(Presets) is None
    assert not findings.pending


def test_findings_of_others_are_not_ours() -> None:
    findings = Findings("op")
    assert findings.settle([FlattenCosted(id="else-c1", **COSTED)], 0.0) is None
    assert findings.latest(FlattenCosted) is None


def test_what_came_to_nothing_says_why() -> None:
    findings = Findings("op")
    asked = findings.ask(MemoryLink(), "presets", lambda made: ListPresets(id=made), 0.0)
    note = findings.settle([Unable(id=asked, text="the folder\x1b[2J is gone")], 0.1)
    assert note is not None
    assert note.text.startswith("presets: the folder")
    assert "\x1b" not in note.text


def test_work_in_progress_is_shown_and_keeps_it_from_being_given_up() -> None:
    findings = Findings("op")
    asked = findings.ask(MemoryLink(), "rehearse", lambda made: ListPresets(id=made), 0.0)
    assert findings.settle([Working(id=asked, text="half of it")], SILENCE_S - 1.0) is None
    assert findings.progress("rehearse") == "half of it"
    assert findings.settle([], SILENCE_S + 1.0) is None
    note = findings.settle([], 2.0 * SILENCE_S)
    assert note is not None
    assert "no answer" in note.text
    assert findings.progress("rehearse") == ""
