"""Keys that may sign for an account: one unnamed, three named, each until it expires.

Owns approval, replacement, revocation and expiry. Verifying a signature is the server's.
Source: hyperliquid-protocol.md 4.5.
"""

import msgspec

from mmtui.venues.exchange import refusals

NAMED_MAX = 3
NAME_LENGTH_MAX = 16
DEFAULT_VALID_MS = 90 * 86_400_000
VALID_MS_MAX = 180 * 86_400_000
ZERO_ADDRESS = "0x" + "0" * 40


class Agent(msgspec.Struct, frozen=True):
    """An approved key; ``name`` is empty for the unnamed one."""

    name: str
    address: str
    valid_until_ms: int


class Agents:
    """The agents of one account, by name."""

    __slots__ = ("by_name",)

    def __init__(self) -> None:
        self.by_name: dict[str, Agent] = {}

    def live(self, now_ms: int) -> list[Agent]:
        """Agents that may sign now."""
        return [agent for agent in self.by_name.values() if now_ms <= agent.valid_until_ms]

    def refusal(self, name: str, valid_until_ms: int | None, now_ms: int) -> str | None:
        """Why an approval under ``name`` is refused, or None."""
        if len(name) > NAME_LENGTH_MAX:
            return refusals.AGENT_NAME_TOO_LONG
        if valid_until_ms is not None and valid_until_ms <= now_ms:
            return refusals.AGENT_EXPIRED
        if valid_until_ms is not None and valid_until_ms > now_ms + VALID_MS_MAX:
            return refusals.AGENT_VALID_TOO_LONG
        named = {agent.name for agent in self.live(now_ms) if agent.name and agent.name != name}
        if name and len(named) >= NAMED_MAX:
            return refusals.TOO_MANY_AGENTS
        return None

    def approve(self, address: str, name: str, valid_until_ms: int | None, now_ms: int) -> Agent:
        """Add or replace the agent called ``name``; ``refusal`` must be None."""
        until = now_ms + DEFAULT_VALID_MS if valid_until_ms is None else valid_until_ms
        self.by_name = {agent.name: agent for agent in self.live(now_ms) if agent.name != name}
        agent = self.by_name[name] = Agent(name, address, until)
        return agent

    def revoke(self, name: str) -> None:
        """Remove the agent called ``name``, if any."""
        self.by_name.pop(name, None)
