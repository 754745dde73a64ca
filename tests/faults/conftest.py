"""Rows whose behaviour is being built: their tests fail until it is there, and say so when it is."""

import pytest

PENDING = {
    "f34",
}  # fmt: skip


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if item.name.startswith("test_f") and item.name.split("_")[1] in PENDING and "faults" in str(item.path):
            item.add_marker(pytest.mark.xfail(strict=True, reason="its behaviour is being built"))
