"""A disk that stutters is no matter of these tests."""

import pytest

from mmtui.venues.hyperliquid import nonces

PATIENCE_S = 5.0


@pytest.fixture(autouse=True)
def patient_refill(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for a block of nonces as long as it takes, except where that wait is what is tested."""
    if request.path.name != "test_nonces.py":
        monkeypatch.setattr(nonces, "REFILL_PATIENCE_S", PATIENCE_S)
