"""Sessions of the engine against the local exchange on a virtual clock."""

from collections.abc import Callable

import pytest

from mmtui.domain.parameters import Settings, Value
from mmtui.research.simulation import SimulatedSession, synthetic_exchange

MakeSession = Callable[..., SimulatedSession]


@pytest.fixture
def make_session() -> MakeSession:
    """Builds a session; keyword arguments with ``__`` for ``.`` are settings."""

    def make(
        coin: str = "BTC", *, seed: int = 1, speed: float = 1.0, balance_usd: float = 100_000.0, **settings: Value
    ) -> SimulatedSession:
        changes: dict[str, Value] = {"trading.asset": coin, "strategy.warmup_on_timeout": "quote"}
        changes.update({key.replace("__", "."): value for key, value in settings.items()})
        exchange = synthetic_exchange(coin, seed=seed, speed=speed, balance_usd=balance_usd)
        return SimulatedSession(exchange, coin, Settings.defaults().with_values(changes))

    return make
