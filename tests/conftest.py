"""Shared fixtures: where the recordings and reference vectors live."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings, fixtures and vectors beside the project; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder with recordings and reference vectors is not beside the project")
    return SHARED
