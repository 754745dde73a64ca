"""The parts of the documentation that are printed from the code. Run as a module to write them."""

import ast
from pathlib import Path

from mmtui.console.keys import Danger
from mmtui.console.panes.help import groups
from mmtui.console.themes.meanings import MEANINGS
from mmtui.domain.order import TERMINAL, TRANSITIONS
from mmtui.domain.parameters import PARAMETERS, SECTIONS
from mmtui.domain.parameters.schema import Value
from mmtui.risk.controls import Denial
from tests.checks.page import check_values_page
from tests.faults.incidents import INCIDENTS
from tests.faults.proofs import Proof, proofs
from tests.faults.rows import SECTIONS as FAULT_SECTIONS
from tests.faults.rows import WHY_NOT
from tests.simulation.planted.search import BUGS, HOURS_MAX
from tests.simulation.planted.table import recorded
from tests.style.screens import console_page, readme, replaced

DOCS = Path(__file__).resolve().parents[2] / "docs"
PACKAGE = DOCS.parent / "mmtui"


def parameters_page() -> str:
    """Every setting, a table a section."""
    lines = [
        "# Parameters",
        "",
        "Generated from the schema in `mmtui/domain/parameters/`. Settings marked *live* can be changed while it",
        "runs. Precedence: defaults, then the TOML file, then environment variables `MMTUI_SECTION_NAME`, then flags,",
        "then live edits.",
    ]
    for section in SECTIONS:
        lines += [
            "",
            f"## [{section}]",
            "",
            "| name | default | bounds | live | meaning | effect |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for row in PARAMETERS:
            if row.section != section:
                continue
            bounds = row.bounds.replace("|", "\\|")
            live = "live" if row.live else ""
            effect = row.effect.replace("|", "\\|")
            lines.append(f"| `{row.name}` | {shown(row.default)} | {bounds} | {live} | {row.help} | {effect} |")
    return "\n".join(lines) + "\n"


def shown(value: Value) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def order_life() -> str:
    lines = ["| in | when | becomes |", "| --- | --- | --- |"]
    lines += [f"| {state.value} | {what.value} | {after.value} |" for (state, what), after in TRANSITIONS.items()]
    final = ", ".join(state.value for state in sorted(TERMINAL, key=lambda state: state.value))
    return "\n".join([*lines, "", f"Final: {final}."])


def rooms() -> str:
    """Every folder of the program with the first line that its package says of itself."""
    lines = ["| folder | holds |", "| --- | --- |"]
    for path in sorted(PACKAGE.rglob("__init__.py")):
        said = ast.get_docstring(ast.parse(path.read_text()))
        folder = path.parent.relative_to(PACKAGE.parent)
        assert said, folder
        words = said.partition("\n")[0].replace("``", "`")
        lines.append(f"| `{folder}` | {words} |")
    return "\n".join(lines)


def denials() -> str:
    lines = ["| code | meaning |", "| --- | --- |"]
    lines += [f"| `{denial.name}` | {denial.value} |" for denial in Denial]
    return "\n".join(lines)


def keys() -> str:
    """Every action with its keys, a table a group, as the help page groups them."""
    asks = {Danger.NONE: "", Danger.QUOTES: "no", Danger.ASKS: "yes", Danger.STOPS: "`K` twice, `ctrl+k` never"}
    lines: list[str] = []
    for name, actions in groups():
        lines += [f"### Keys: {name}", "", "| key | command | does | asks first |", "| --- | --- | --- | --- |"]
        for action in actions:
            pressed = ", ".join(f"`{key}`".replace("|", "\\|") for key in action.keys)
            typed = f"`:{action.id} {action.argument}".strip().replace("|", "\\|") + "`"
            lines.append(f"| {pressed} | {typed} | {action.help} | {asks[action.danger]} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def colours() -> str:
    """Every role of a theme, what it stands for, and what says the same without colour."""
    lines = ["| role | stands for | also said by |", "| --- | --- | --- |"]
    lines += [f"| `{role}` | {meaning.stands_for} | {meaning.also} |" for role, meaning in MEANINGS.items()]
    return "\n".join(lines)


def keys_page(text: str) -> str:
    """The console's page with its tables of keys replaced."""
    return replaced(replaced(text, "keys", keys()), "colours", colours())


def architecture_page(text: str) -> str:
    """The page with its generated parts replaced."""
    for name, made in (("rooms", rooms()), ("order life", order_life()), ("denials", denials())):
        text = replaced(text, name, made)
    return text


def faults_page() -> str:
    """Every fault with the tests that prove what happens then."""
    lines = [
        "# Faults",
        "",
        "What can go wrong, and the test that shows what the orders, the position, the journal or the exit do then.",
        "Generated from `tests/faults/rows.py` and from the tests' names and markers.",
    ]
    for section in FAULT_SECTIONS:
        lines += ["", f"## {section.title}", "", "| | fault | test | kind |", "| --- | --- | --- | --- |"]
        for key, words in section.rows.items():
            found = proofs().get(key, ())
            tests = named(found) or f"none: {WHY_NOT.get(key, 'not proven')}"
            lines.append(f"| {key} | {words} | {tests} | {', '.join(dict.fromkeys(p.kind for p in found))} |")
    return "\n".join(lines) + "\n"


def incidents_page() -> str:
    """Every incident with its guard and the tests that prove it."""
    lines = [
        "# Incidents",
        "",
        "What cost others money or trust, the guard against it here, and the test of that guard.",
        "Generated from `tests/faults/incidents.py` and from the tests' markers.",
        "",
        "| | what happened | guard | test |",
        "| --- | --- | --- | --- |",
    ]
    for key, (happened, guard) in INCIDENTS.items():
        lines.append(f"| {key} | {happened} | {guard} | {named(proofs().get(key, ()))} |")
    return "\n".join(lines) + "\n"


def planted_bugs_page() -> str:
    """Every planted bug with the seed that shows it and the invariant that caught it."""
    caught = recorded()
    lines = [
        "# Planted bugs",
        "",
        "A judge that nothing can fail proves nothing. Each of these defects is planted into the program, one at a",
        "time, and a simulated world must notice it. Hours are simulated ones over all seeds tried, from seed 0 until",
        f"the first catch; a bug that lives for {HOURS_MAX:g} hours means that the judge or the faults are too weak:",
        "they are made stronger, and no bug is taken off. `defect` is an assertion of the engine itself.",
        "",
        "`make find-planted` looks for the seeds afresh; `tests/simulation/test_planted.py` plays each bug at its seed",
        "and the same seed without it. The worlds are in `tests/simulation/planted/worlds.py`. Generated.",
        "",
        "| bug | what it breaks | world | seed | hours | caught by | in its words |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for bug in BUGS:
        one = caught.get(bug.name)
        found = f"{one.seed} | {one.hours:g} | {one.invariant} | {one.text}" if one else "none | | | "
        lines.append(f"| {bug.name} | {bug.breaks} | {bug.world} | {found} |")
    return "\n".join(lines) + "\n"


def named(found: tuple[Proof, ...]) -> str:
    return "<br>".join(f"`{proof.path}` {proof.name}" for proof in found)


if __name__ == "__main__":
    (DOCS / "check-values.md").write_text(check_values_page())
    (DOCS / "faults.md").write_text(faults_page())
    (DOCS / "incidents.md").write_text(incidents_page())
    (DOCS / "parameters.md").write_text(parameters_page())
    (DOCS / "planted-bugs.md").write_text(planted_bugs_page())
    for page, made in (
        (DOCS / "architecture.md", architecture_page),
        (DOCS / "console.md", lambda text: console_page(keys_page(text))),
        (DOCS.parent / "README.md", readme),
    ):
        page.write_text(made(page.read_text()))
