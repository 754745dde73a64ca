"""The signer equals the reference SDK byte for byte, and the key never shows."""

import copy
import json
import pickle
import random
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from eth_account import Account
from hyperliquid.utils.signing import sign_l1_action

from mmtui.errors import CredentialError
from mmtui.venues.hyperliquid import actions
from mmtui.venues.hyperliquid.signing import Secret, Signer

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"


def _decimal(rng: random.Random) -> str:
    return f"{rng.randint(1, 10**9) / 10 ** rng.randint(0, 6):.8f}".rstrip("0").rstrip(".")


def _cloid(rng: random.Random) -> str:
    return f"0x{rng.getrandbits(128):032x}"


def _order(rng: random.Random) -> actions.OrderWire:
    return actions.OrderWire(
        a=rng.choice([0, 5, 140000, 140001, rng.randint(0, 2**32)]),
        b=rng.random() < 0.5,
        p=_decimal(rng),
        s=_decimal(rng),
        r=rng.random() < 0.5,
        t=rng.choice([actions.ALO, actions.IOC, actions.GTC]),
        c=_cloid(rng) if rng.random() < 0.7 else msgspec.UNSET,
    )


def _oid(rng: random.Random) -> int:
    return rng.choice([rng.randint(0, 127), rng.randint(128, 2**16), rng.randint(2**32, 2**53)])


def _modify(rng: random.Random) -> actions.ModifyWire:
    return actions.ModifyWire(rng.choice([_oid(rng), _cloid(rng)]), _order(rng))


def _cancel(rng: random.Random) -> actions.CancelWire:
    return actions.CancelWire(rng.randint(0, 200_000), _oid(rng))


def _flag(rng: random.Random) -> bool | msgspec.UnsetType:
    return True if rng.random() < 0.5 else msgspec.UNSET


MAKERS: list[Callable[[random.Random], actions.Action]] = [
    lambda rng: actions.Order([_order(rng) for _ in range(rng.randint(1, 20))], "na"),
    lambda rng: actions.Cancel([_cancel(rng) for _ in range(rng.randint(1, 20))], _flag(rng)),
    lambda rng: actions.CancelByCloid(
        [actions.CloidCancelWire(rng.randint(0, 200_000), _cloid(rng)) for _ in range(rng.randint(1, 20))],
        _flag(rng),
    ),
    lambda rng: actions.Modify(rng.choice([_oid(rng), _cloid(rng)]), _order(rng), _flag(rng)),
    lambda rng: actions.BatchModify([_modify(rng) for _ in range(rng.randint(1, 9))], _flag(rng)),
    lambda rng: actions.ScheduleCancel(rng.choice([msgspec.UNSET, rng.randint(1, 2**45)])),
    lambda rng: actions.Noop(),
    lambda rng: actions.UpdateLeverage(rng.randint(0, 200_000), rng.random() < 0.5, rng.randint(1, 50)),
    lambda rng: actions.UpdateIsolatedMargin(rng.randint(0, 200_000), rng.random() < 0.5, rng.randint(-(2**40), 2**40)),
    lambda rng: actions.TopUpIsolatedOnlyMargin(rng.randint(0, 200_000), _decimal(rng)),
]


@pytest.mark.parametrize("block", range(4))
def test_a_thousand_random_actions_are_signed_as_the_sdk_signs_them(block: int) -> None:
    wallet = Account.from_key(KEY)
    rng = random.Random(block)
    shortened = 0
    for index in range(250):
        action = MAKERS[index % len(MAKERS)](rng)
        as_dict = msgspec.json.decode(msgspec.json.encode(action))
        nonce = rng.choice([rng.randint(0, 300), rng.randint(1_600_000_000_000, 1_900_000_000_000)])
        vault = rng.choice([None, VAULT])
        expires = rng.choice([None, nonce + 10_000])
        is_mainnet = rng.random() < 0.5
        expected = sign_l1_action(wallet, as_dict, vault, nonce, expires, is_mainnet)
        signer = Signer(Secret(KEY), is_mainnet=is_mainnet, vault_address=vault)
        assert msgspec.to_builtins(signer.sign(action, nonce, expires)) == expected, as_dict
        shortened += len(expected["r"]) < 66 or len(expected["s"]) < 66
    assert shortened > 10, "signatures with dropped leading zeros must be among them"


@pytest.mark.fault("F85")
def test_every_vector_of_an_allowed_action_is_signed_as_published(shared: Path) -> None:
    vectors = json.loads((shared / "reference" / "signing-vectors.json").read_text())
    signed = set()
    for vector in vectors["l1"]:
        try:
            action = msgspec.convert(vector["action"], actions.Action)
        except msgspec.ValidationError:
            continue
        if msgspec.to_builtins(action) != vector["action"]:
            continue
        for network in ("mainnet", "testnet"):
            signer = Signer(
                Secret(vectors["privateKey"]),
                is_mainnet=network == "mainnet",
                vault_address=vector.get("vaultAddress"),
            )
            found = signer.sign(action, vector["nonce"], vector.get("expiresAfter"))
            expected = {name: vector[network][name] for name in ("r", "s", "v")}
            assert msgspec.to_builtins(found) == expected, vector["id"]
        signed.add(vector["action"]["type"])
    assert signed == {
        "order", "cancel", "cancelByCloid", "modify", "batchModify", "scheduleCancel", "noop",
        "updateLeverage", "updateIsolatedMargin",
    }  # fmt: skip


def test_nothing_outside_the_allow_list_has_a_struct() -> None:
    tags = {kind.__struct_config__.tag for kind in actions.Action.__args__}
    assert tags == {
        "order", "cancel", "cancelByCloid", "modify", "batchModify", "scheduleCancel", "noop",
        "updateLeverage", "updateIsolatedMargin", "topUpIsolatedOnlyMargin",
    }  # fmt: skip
    declared = {
        value.__struct_config__.tag
        for value in vars(actions).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__struct_config__.tag
    }
    assert declared == tags


def test_the_signer_knows_its_address_and_hides_its_key() -> None:
    signer = Signer(Secret(KEY), is_mainnet=False)
    assert signer.address == "0x14791697260e4c9a71f18484c9f997b308e59325"
    assert KEY[2:] not in repr(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_a_secret_shows_itself_in_no_way() -> None:
    secret = Secret(KEY)
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r:>80}"):
        assert KEY[2:10] not in text
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copier(secret)
    with pytest.raises(TypeError):
        _ = secret == secret  # noqa: PLR0124
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(TypeError):
        vars(secret)
    assert secret.reveal().hex() == KEY[2:]


@pytest.mark.parametrize(
    "text",
    ["", "0x", KEY[:-1], KEY + "0", "zz" * 32, "00" * 32, "ff" * 32, VAULT],
)
def test_a_bad_key_is_refused_in_one_line_that_does_not_repeat_it(text: str) -> None:
    with pytest.raises(CredentialError) as caught:
        Secret(text)
    shown = "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    assert len(text) < 8 or text not in shown


def test_a_key_is_read_with_or_without_prefix_and_white_space() -> None:
    assert Secret(f"  {KEY[2:]}\n").reveal() == Secret(KEY).reveal()
