"""The venue's addresses on each network.

Owns host names and nothing else. Hosts are fixed: only ``localhost`` takes another URL, and only a
loopback one, so that no setting can point a signed action at a stranger.
Source: hyperliquid-protocol.md 1; reliability.md 8.
"""

from urllib.parse import urlsplit

import msgspec

from mmtui.errors import ConfigError

LOCAL_URL = "http://127.0.0.1:3001"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Network(msgspec.Struct, frozen=True):
    """Where requests and the WebSocket go; ``is_mainnet`` chooses the signed source letter."""

    name: str
    rest_url: str
    socket_url: str
    is_mainnet: bool = False


MAINNET = Network("mainnet", "https://api.hyperliquid.xyz", "wss://api.hyperliquid.xyz/ws", is_mainnet=True)
TESTNET = Network("testnet", "https://api.hyperliquid-testnet.xyz", "wss://api.hyperliquid-testnet.xyz/ws")


def network(name: str, *, local_url: str = LOCAL_URL) -> Network:
    """The network called ``name``; raises ConfigError for another name or a local URL that is not local."""
    if name == "mainnet":
        return MAINNET
    if name == "testnet":
        return TESTNET
    if name not in {"localhost", "sim"}:
        raise ConfigError(f"no network is called {name!r}", remedy="use testnet, mainnet, localhost or sim")
    url = local_url.rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.path or parts.query:
        raise ConfigError(
            f"the local exchange's URL {url!r} is not on this machine",
            remedy=f"use a URL such as {LOCAL_URL}",
        )
    return Network(name, url, "ws" + url.removeprefix("http") + "/ws")
