"""The recorded page of known truth has every experiment, and every row of it holds."""

from pathlib import Path

import pytest

from tests.truth.components import COMPONENTS
from tests.truth.experiments import EXPERIMENTS
from tests.truth.processes import PROCESSES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "truth.md"


@pytest.mark.skipif(not PAGE.exists(), reason="docs/truth.md is not recorded yet: make truth")
def test_the_page_has_every_experiment_and_all_hold() -> None:
    lines = PAGE.read_text().splitlines()
    for experiment in (*EXPERIMENTS, *COMPONENTS, *PROCESSES):
        for band in experiment.bands:
            rows = [line for line in lines if line.startswith(f"| {band.what}") and f"| {experiment.size} |" in line]
            assert len(rows) == 1, band
            assert rows[0].endswith("| holds |")
