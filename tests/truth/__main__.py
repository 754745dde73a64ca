"""Measure everything and write ``docs/truth.md``: a few minutes, or half of one with ``--short``."""

import sys
from pathlib import Path

from tests.truth.page import truth_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "truth.md"

if __name__ == "__main__":
    page, is_true = truth_page(is_full="--short" not in sys.argv[1:])
    PAGE.write_text(page)
    sys.stdout.write(page)
    sys.exit(0 if is_true else 1)
