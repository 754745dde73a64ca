"""The venue port: what every place that takes orders looks like to the runtime.

Live, local and simulated venues differ behind this. A venue turns intents into requests and every
result, answer and message into events handed to the sink. It never decides anything.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from mmtui.domain.events import AnyEvent
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import Query, Send

Sink: TypeAlias = Callable[[AnyEvent], None]
Tap: TypeAlias = Callable[[bytes], None]
Clock: TypeAlias = Callable[[], float]


class Venue(Protocol):
    """One connected exchange, for one account and one instrument.

    ``clock`` given at construction is the engine's: epoch seconds that never go back. Every event
    carries it as ``received_at``.
    """

    @property
    def instrument(self) -> Instrument:
        """The contract traded; known after ``open``."""
        ...

    @property
    def account(self) -> str:
        """The account's address, lower case; empty when trading without a key."""
        ...

    async def open(self, sink: Sink, *, tap: Tap | None = None) -> None:
        """Connects, reads the instrument and starts the feeds; raises PreflightError or CredentialError."""
        ...

    def send(self, intents: Sequence[Send]) -> None:
        """Signs and sends each intent as one action, in order; never blocks; results come as events."""
        ...

    def ask(self, intents: Sequence[Query]) -> None:
        """Starts queries; results come as events."""
        ...

    async def close(self) -> None:
        """Closes the connections; sends nothing."""
        ...
