"""Nothing of the specification is forgotten: every section that checks has rows, every figure one or a reason."""

from pathlib import Path

from tests.checks.coverage import missing, unchecked

# Figures that are not results of a model of this program.
WHY_NOT = {
    "0.1": "a conversion to a year, which nothing here shows",
    "0.3": "an example of sizes that the ruling itself rejects",
    "2.3": "inputs of a published anchor, and its results in more digits than a double has for them",
    "2.10": "the ratios of that rejected example",
    "7.1": "an average seeded with its first value, shown as the mistake it is",
    "7.3": "a fit to logarithms, shown for comparison",
    "10.2": "fees that go into the example",
    "13": "numbers of articles",
}


def test_every_section_with_check_values_has_rows(shared: Path) -> None:
    assert unchecked((shared / "reference" / "models.md").read_text()) == []


def test_every_figure_has_a_row_or_a_reason(shared: Path) -> None:
    found = missing((shared / "reference" / "models.md").read_text())
    assert {number: figures for number, figures in found.items() if number not in WHY_NOT} == {}
