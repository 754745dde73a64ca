"""Which figures of the specification have no row yet, where the specification lies beside the project.

Run as a module to print them. A figure is a number with five or more decimals, or in scientific notation with
five or more digits, in a section that holds check values; inputs of a figure may look like one.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.checks.values import check_values
from tests.conftest import SHARED

SPECIFICATION = SHARED / "reference" / "models.md"
HEADING = re.compile(r"^#+ (\d+(?:\.\d+)?)\.? ", re.MULTILINE)
FIGURE = re.compile(r"(?<![\w.])-?\d+\.(?:\d{5,}(?:e-?\d+)?|\d{3,}e-?\d+)(?![\w.])")
CHECKED = re.compile(r"\bChecks?\b")


def sections(text: str) -> Iterator[tuple[str, str]]:
    """Number and text of each section."""
    found = list(HEADING.finditer(text))
    for match, following in zip(found, [*found[1:], None], strict=True):
        yield match[1], text[match.end() : following.start() if following else len(text)]


def decimals(figure: str) -> float:
    """One and a half units of the last digit printed."""
    mantissa, _, exponent = figure.partition("e")
    return 1.5 * 10.0 ** (-len(mantissa.partition(".")[2]) + int(exponent or 0))


def missing(text: str) -> dict[str, list[str]]:
    """Figures by section that no row of any section expects."""
    expected = sorted({abs(row.expected) for row in check_values()})
    found: dict[str, list[str]] = {}
    for number, part in sections(text):
        for figure in dict.fromkeys(FIGURE.findall(part)):
            value, allowed = abs(float(figure)), decimals(figure)
            if not any(abs(value - one) <= allowed for one in expected):
                found.setdefault(number, []).append(figure)
    return found


def unchecked(text: str) -> list[str]:
    """Sections that say "Check" and have no row."""
    rows = {row.section for row in check_values()}
    named = [number for number, part in sections(text) if CHECKED.search(part)]
    return [number for number in named if not any(row == number or row.startswith(f"{number}.") for row in rows)]


def report(path: Path = SPECIFICATION) -> str:
    text = path.read_text()
    lines = [f"sections with no row: {', '.join(unchecked(text)) or 'none'}"]
    lines += [f"{number}: {' '.join(figures)}" for number, figures in missing(text).items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
