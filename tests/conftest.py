"""Shared fixtures and hooks: where the recordings and reference vectors live; no run leaks the signing key."""

from pathlib import Path

import pytest

from tests.leaks import (  # noqa: F401 - hooks of every run
    pytest_configure,
    pytest_runtest_logreport,
    pytest_runtest_teardown,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings, fixtures and vectors beside the project; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder with recordings and reference vectors is not beside the project")
    return SHARED
