"""What a signature costs: ours, the bare curve call and the reference SDK, in rotated rounds of one run.

    python benchmarks/signing.py [--rounds N] [--json]

The SDK's wallet (eth-account) uses coincurve where it is installed, as it is here, and otherwise the
native curve of eth-keys, which is chosen explicitly for the last row. Every signature is compared
with the SDK's before anything is timed. Ratios are the result; microseconds are information.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import coincurve
import msgspec
from eth_account import Account
from eth_keys.backends import NativeECCBackend
from eth_keys.datatypes import PrivateKey
from hyperliquid.utils.signing import sign_l1_action

from mmtui.venues.hyperliquid import actions
from mmtui.venues.hyperliquid.digest import l1_digest
from mmtui.venues.hyperliquid.signing import Secret, Signer

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
NONCE = 1_790_000_000_000
EXPIRES = NONCE + 10_000
GOALS = {"sdk, coincurve": 10.0, "sdk, native": 80.0}


def ten_orders() -> actions.Order:
    """The action of the goal: ten post-only orders with client order ids on a builder dex."""
    orders = [
        actions.OrderWire(140_000, i % 2 == 0, str(117_001 + i), f"0.00{25 + i}", False, actions.ALO, f"0x{i + 1:032x}")
        for i in range(10)
    ]
    return actions.Order(orders, "na")


class NativeWallet:
    """The SDK's wallet where coincurve is not installed: eth-account over the native curve."""

    def __init__(self) -> None:
        self._backend = NativeECCBackend()
        self._key = bytes.fromhex(KEY[2:])

    def sign_message(self, message: Any) -> Any:
        return Account.sign_message(message, PrivateKey(self._key, self._backend))


def contenders() -> dict[str, Callable[[int], Any]]:
    """Each way to sign, by name; the argument is the nonce."""
    action = ten_orders()
    as_dict = msgspec.to_builtins(action)
    signer = Signer(Secret(KEY), is_mainnet=True)
    key = coincurve.PrivateKey(bytes.fromhex(KEY[2:]))
    digest = l1_digest(action, NONCE, is_mainnet=True, expires_after_ms=EXPIRES)
    fast, native = Account.from_key(KEY), NativeWallet()
    return {
        "bare curve call": lambda _: key.sign_recoverable(digest, hasher=None),
        "ours": lambda nonce: signer.sign(action, nonce, EXPIRES),
        "sdk, coincurve": lambda nonce: sign_l1_action(fast, as_dict, None, nonce, EXPIRES, True),
        "sdk, native": lambda nonce: sign_l1_action(native, as_dict, None, nonce, EXPIRES, True),
    }


def check_identity(ways: dict[str, Callable[[int], Any]]) -> None:
    """Stops unless every way gives the same bytes."""
    for nonce in range(NONCE, NONCE + 25):
        ours = msgspec.to_builtins(ways["ours"](nonce))
        for name in ("sdk, coincurve", "sdk, native"):
            if ways[name](nonce) != ours:
                sys.exit(f"{name} gives another signature for nonce {nonce}")


def measure(ways: dict[str, Callable[[int], Any]], rounds: int) -> dict[str, float]:
    """Median microseconds of one signature; the ways take turns, so that noise falls on all of them."""
    repeats = {"bare curve call": 40, "ours": 40, "sdk, coincurve": 8, "sdk, native": 2}
    samples: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    nonce = NONCE
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            sign, count = ways[name], repeats[name]
            began = time.perf_counter_ns()
            for _ in range(count):
                nonce += 1
                sign(nonce)
            samples[name].append((time.perf_counter_ns() - began) / count / 1000)
    return {name: statistics.median(values) for name, values in samples.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ways = contenders()
    check_identity(ways)
    median_us = measure(ways, max(4, options.rounds))
    ours = median_us["ours"]
    ratios = {name: value / ours for name, value in median_us.items() if name.startswith("sdk")}
    over_curve = ours / median_us["bare curve call"]
    if options.json:
        print(json.dumps({"median_us": median_us, "sdk_over_ours": ratios, "ours_over_curve": over_curve}))
        return
    print("signing one action of ten orders, median of rotated rounds")
    print(f"{'':18}{'us':>10}{'ratio':>10}{'goal':>10}")
    print(f"{'bare curve call':18}{median_us['bare curve call']:>10.1f}")
    print(f"{'ours':18}{ours:>10.1f}{over_curve:>9.2f}x{'<= 2x':>10}")
    for name, ratio in ratios.items():
        print(f"{name:18}{median_us[name]:>10.1f}{ratio:>9.1f}x{f'>= {GOALS[name]:.0f}x':>10}")


if __name__ == "__main__":
    main()
