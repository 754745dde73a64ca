"""Digests against the published and derived vectors, step by step."""

import json
from pathlib import Path
from typing import Any

import coincurve
import msgspec
import pytest

from mmtui.venues.hyperliquid import digest

Vectors = dict[str, Any]


@pytest.fixture(scope="module")
def vectors(shared: Path) -> Vectors:
    return json.loads((shared / "reference" / "signing-vectors.json").read_text())


def _signature(private_key: str, signed: bytes) -> tuple[str, str, int]:
    raw = coincurve.PrivateKey(bytes.fromhex(private_key[2:])).sign_recoverable(signed, hasher=None)
    return hex(int.from_bytes(raw[:32], "big")), hex(int.from_bytes(raw[32:64], "big")), raw[64] + 27


def test_every_l1_vector_has_the_reference_hash_digest_and_signature(vectors: Vectors) -> None:
    checked = 0
    for vector in vectors["l1"]:
        arguments = {
            "vault_address": vector.get("vaultAddress"),
            "expires_after_ms": vector.get("expiresAfter"),
        }
        action, nonce = vector["action"], vector["nonce"]
        if "msgpackHex" in vector:
            packed = msgspec.msgpack.encode(action).hex()
            assert packed == vector["msgpackHex"].removeprefix("0x"), vector["id"]
        found = digest.connection_id(action, nonce, **arguments)
        assert "0x" + found.hex() == vector["connectionId"], vector["id"]
        for network in ("mainnet", "testnet"):
            expected = vector[network]
            signed = digest.l1_digest(action, nonce, is_mainnet=network == "mainnet", **arguments)
            assert "0x" + signed.hex() == expected["eip712Digest"], vector["id"]
            r, s, v = _signature(vectors["privateKey"], signed)
            assert (r, s, v) == (expected["r"], expected["s"], expected["v"]), vector["id"]
            checked += 1
    assert checked == 68


def test_every_user_signed_vector_has_the_reference_digest_and_signature(vectors: Vectors) -> None:
    kinds = {name: kind for kind, (name, _) in digest.USER_SIGNED_FIELDS.items()}
    for vector in vectors["userSigned"]:
        name, fields = digest.USER_SIGNED_FIELDS[kinds[vector["primaryType"].partition(":")[2]]]
        assert [{"name": field, "type": kind} for field, kind in fields] == vector["eip712Types"]
        signed = digest.user_signed_digest({**vector["message"], "type": kinds[name]})
        assert "0x" + signed.hex() == vector["eip712Digest"], vector["id"]
        assert _signature(vectors["privateKey"], signed) == (vector["r"], vector["s"], vector["v"])
    assert len(vectors["userSigned"]) == 18


def test_an_agent_approval_without_a_name_is_hashed_with_an_empty_name() -> None:
    approval = {
        "type": "approveAgent",
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "agentAddress": "0x1d9470d4b963f552e6f671a81619d395877bf409",
        "nonce": 1790000000001,
    }
    assert digest.user_signed_digest(approval) == digest.user_signed_digest({**approval, "agentName": ""})


@pytest.mark.parametrize(
    "change",
    [
        {"type": "order"},
        {"type": ["approveAgent"]},
        {"signatureChainId": "66eee"},
        {"signatureChainId": None},
        {"agentAddress": "0x12"},
        {"agentAddress": "not hexadecimal"},
        {"nonce": -1},
        {"nonce": 2**64},
        {"nonce": True},
        {"nonce": "1"},
        {"hyperliquidChain": None},
    ],
)
def test_a_malformed_user_signed_action_has_no_digest(change: dict[str, object]) -> None:
    approval = {
        "type": "approveAgent",
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "agentAddress": "0x1d9470d4b963f552e6f671a81619d395877bf409",
        "nonce": 1790000000001,
    }
    with pytest.raises(ValueError):
        digest.user_signed_digest({**approval, **change})


def test_the_address_is_the_end_of_the_hash_of_the_public_key(vectors: Vectors) -> None:
    key = coincurve.PrivateKey(bytes.fromhex(vectors["privateKey"][2:])).public_key.format(compressed=False)
    assert digest.address_of(key) == digest.address_of(key[1:]) == vectors["address"].lower()
