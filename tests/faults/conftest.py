"""Rows whose behaviour is being built: their tests fail until it is there, and say so when it is."""

import pytest

PENDING = {
    "f07", "f23", "f24", "f25", "f27", "f28", "f29", "f30", "f33", "f34", "f72", "f73", "f74",
    "f75", "f81", "f91", "f92",
}  # fmt: skip


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if item.name.startswith("test_f") and item.name.split("_")[1] in PENDING and "faults" in str(item.path):
            item.add_marker(pytest.mark.xfail(strict=True, reason="its behaviour is being built"))
