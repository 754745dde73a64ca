"""Shared fixtures and hooks: where the recordings and reference vectors live; no run leaks the signing key."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.leaks import (  # noqa: F401 - hooks of every run
    pytest_configure,
    pytest_runtest_logreport,
    pytest_runtest_teardown,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

# The same examples every time, so that a change and nothing else turns a test red; `MMTUI_DEEP=1` draws many others.
settings.register_profile("steady", derandomize=True, max_examples=30, deadline=None)
settings.register_profile("deep", max_examples=1_000, deadline=None)
settings.load_profile("deep" if os.environ.get("MMTUI_DEEP") else "steady")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings, fixtures and vectors beside the project; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder with recordings and reference vectors is not beside the project")
    return SHARED
