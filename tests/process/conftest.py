"""One set of programs a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.programs import Programs


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Programs in a private folder, ended with the test."""
    made = Programs(tmp_path)
    try:
        yield made
    finally:
        made.close()
