"""Traders who use the official SDK, and its socket with a queue for each feed."""

import queue
import socket
from collections.abc import Callable
from typing import Any

import eth_account
from hyperliquid.exchange import Exchange as SdkExchange
from hyperliquid.info import Info

from tests.venue.exchange.served import WAIT_S

DEXES = ["", "hyna"]


class Trader:
    """One address with the SDK's two clients."""

    def __init__(self, url: str, *, key: str | None = None, account: str | None = None) -> None:
        self.wallet = eth_account.Account.from_key(key) if key else eth_account.Account.create()
        self.address = account or self.wallet.address
        self.exchange = SdkExchange(self.wallet, url, account_address=account, perp_dexs=DEXES, timeout=WAIT_S)
        self.info = self.exchange.info

    def rest(self, coin: str, is_buy: bool, size: float, price: float, tif: str = "Alo", **options: Any) -> int:
        answer = self.exchange.order(coin, is_buy, size, price, {"limit": {"tif": tif}}, **options)
        return int(only_status(answer)["resting"]["oid"])

    def position(self, coin: str, dex: str = "") -> float:
        held = self.info.user_state(self.address, dex)["assetPositions"]
        return sum(float(row["position"]["szi"]) for row in held if row["position"]["coin"] == coin)

    def close(self) -> None:
        self.exchange.session.close()
        self.info.session.close()


class Listening:
    """The SDK's socket; every subscription keeps its messages in a queue."""

    def __init__(self, url: str) -> None:
        self.info = Info(url, perp_dexs=DEXES, timeout=WAIT_S)

    def hear(self, **subscription: Any) -> "queue.Queue[Any]":
        messages: queue.Queue[Any] = queue.Queue()
        self.info.subscribe(subscription, messages.put)
        return messages

    def close(self) -> None:
        """Hang up under the SDK: its own close may wait ten seconds for a socket it has already closed."""
        manager = self.info.ws_manager
        if manager.ws.sock is not None and manager.ws.sock.sock is not None:
            manager.ws.sock.sock.shutdown(socket.SHUT_RDWR)
        manager.join(WAIT_S)
        self.info.disconnect_websocket()
        self.info.session.close()


def only_status(answer: Any) -> Any:
    assert answer["status"] == "ok", answer
    statuses = answer["response"]["data"]["statuses"]
    assert len(statuses) == 1
    return statuses[0]


def until(messages: "queue.Queue[Any]", is_wanted: Callable[[Any], Any]) -> Any:
    """The first message that is wanted; fails when none comes."""
    while True:
        message = messages.get(timeout=WAIT_S)
        if is_wanted(message):
            return message
