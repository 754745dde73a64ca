"""What is signed: the 32-byte digests of the venue's two signature schemes, as pure functions.

Owns the MessagePack action hash, the EIP-712 digest of the ``Agent`` that stands for an L1 action,
and the EIP-712 digest of user-signed actions (transfers, approvals), which the local exchange needs
to verify its clients. Never holds a key. The venue hashes its own canonical form of an action, so
key order, absent optional keys and integer widths all matter: a wrong byte recovers a stranger's
address, never an error. Source: hyperliquid-protocol.md 4.1, 4.2.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
import sha3

_CHAIN_ID = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_ZERO_WORD = bytes(32)
_keccak_256 = sha3.keccak_256
_pack = msgspec.msgpack.Encoder().encode


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not the later SHA-3 padding)."""
    digest: bytes = _keccak_256(data).digest()
    return digest


def address_of(public_key: bytes) -> str:
    """Lower-case address of an uncompressed public key: 65 bytes with its 0x04 prefix, or 64 without."""
    return "0x" + keccak(public_key[-64:])[12:].hex()


_DOMAIN_TYPE = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_VERSION = keccak(b"1")


def _domain_separator(name: str, chain_id: int) -> bytes:
    return keccak(_DOMAIN_TYPE + keccak(name.encode()) + _VERSION + chain_id.to_bytes(32, "big") + _ZERO_WORD)


_L1_PREFIX = b"\x19\x01" + _domain_separator("Exchange", 1337)
_AGENT_TYPE = keccak(b"Agent(string source,bytes32 connectionId)")
_AGENT_PREFIX = {True: _AGENT_TYPE + keccak(b"a"), False: _AGENT_TYPE + keccak(b"b")}


def connection_id(
    action: object, nonce: int, *, vault_address: str | None = None, expires_after_ms: int | None = None
) -> bytes:
    """Hash of an action with its nonce, vault and expiry.

    ``action`` is a msgspec Struct, or a dict whose insertion order is the hashed order. Raises
    OverflowError for a nonce or expiry outside uint64 and ValueError for a malformed address.
    """
    data = _pack(action) + nonce.to_bytes(8, "big")
    data += b"\x00" if vault_address is None else b"\x01" + _address_bytes(vault_address)
    if expires_after_ms is not None:
        data += b"\x00" + expires_after_ms.to_bytes(8, "big")
    return keccak(data)


def l1_digest(
    action: object,
    nonce: int,
    *,
    is_mainnet: bool,
    vault_address: str | None = None,
    expires_after_ms: int | None = None,
) -> bytes:
    """The 32 bytes that an agent or master key signs for an L1 action. Errors as ``connection_id``."""
    phantom = connection_id(action, nonce, vault_address=vault_address, expires_after_ms=expires_after_ms)
    return keccak(_L1_PREFIX + keccak(_AGENT_PREFIX[is_mainnet] + phantom))


_CHAIN = ("hyperliquidChain", "string")
_NONCE = ("nonce", "uint64")
_TIME = ("time", "uint64")
_DESTINATION = ("destination", "string")
_AMOUNT = ("amount", "string")
_TOKEN = ("token", "string")
_USER = ("user", "address")

USER_SIGNED_FIELDS: Final[dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "usdSend": ("UsdSend", (_CHAIN, _DESTINATION, _AMOUNT, _TIME)),
    "spotSend": ("SpotSend", (_CHAIN, _DESTINATION, _TOKEN, _AMOUNT, _TIME)),
    "withdraw3": ("Withdraw", (_CHAIN, _DESTINATION, _AMOUNT, _TIME)),
    "usdClassTransfer": ("UsdClassTransfer", (_CHAIN, _AMOUNT, ("toPerp", "bool"), _NONCE)),
    "sendAsset": (
        "SendAsset",
        (
            _CHAIN,
            _DESTINATION,
            ("sourceDex", "string"),
            ("destinationDex", "string"),
            _TOKEN,
            _AMOUNT,
            ("fromSubAccount", "string"),
            _NONCE,
        ),
    ),
    "approveAgent": ("ApproveAgent", (_CHAIN, ("agentAddress", "address"), ("agentName", "string"), _NONCE)),
    "approveBuilderFee": (
        "ApproveBuilderFee",
        (_CHAIN, ("maxFeeRate", "string"), ("builder", "address"), _NONCE),
    ),
    "userDexAbstraction": ("UserDexAbstraction", (_CHAIN, _USER, ("enabled", "bool"), _NONCE)),
    "userSetAbstraction": ("UserSetAbstraction", (_CHAIN, _USER, ("abstraction", "string"), _NONCE)),
    "tokenDelegate": (
        "TokenDelegate",
        (_CHAIN, ("validator", "address"), ("wei", "uint64"), ("isUndelegate", "bool"), _NONCE),
    ),
    "convertToMultiSigUser": ("ConvertToMultiSigUser", (_CHAIN, ("signers", "string"), _NONCE)),
}
"""Action type to its EIP-712 name and typed fields in hashed order. Source: hyperliquid-protocol.md 4.2."""

_OPTIONAL_TEXT = frozenset({"agentName"})


def user_signed_digest(action: Mapping[str, object]) -> bytes:
    """The 32 bytes that a master key signs for the user-signed ``action``, chosen by its ``type``.

    Extra keys are ignored, an absent ``agentName`` is hashed as empty text, as clients do. Raises
    ValueError for an unknown type, a missing or ill-typed field, or a bad ``signatureChainId``.
    """
    kind = action.get("type")
    if not isinstance(kind, str) or kind not in USER_SIGNED_FIELDS:
        raise ValueError("not a user-signed action")
    name, fields = USER_SIGNED_FIELDS[kind]
    words = [_type_hash(kind)]
    for field, solidity_type in fields:
        value = action.get(field, "" if field in _OPTIONAL_TEXT else None)
        words.append(_word(f"{name}.{field}", solidity_type, value))
    return keccak(b"\x19\x01" + _user_domain(_chain_id(action)) + keccak(b"".join(words)))


def _address_bytes(text: str) -> bytes:
    raw = bytes.fromhex(text.removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError("an address has 20 bytes")
    return raw


@lru_cache(maxsize=32)
def _type_hash(kind: str) -> bytes:
    name, fields = USER_SIGNED_FIELDS[kind]
    members = ",".join(f"{solidity_type} {field}" for field, solidity_type in fields)
    return keccak(f"HyperliquidTransaction:{name}({members})".encode())


@lru_cache(maxsize=32)
def _user_domain(chain_id: int) -> bytes:
    return _domain_separator("HyperliquidSignTransaction", chain_id)


def _chain_id(action: Mapping[str, object]) -> int:
    text = action.get("signatureChainId")
    if isinstance(text, str) and _CHAIN_ID.fullmatch(text):
        return int(text, 16)
    raise ValueError("signatureChainId is not a hexadecimal number")


def _word(where: str, solidity_type: str, value: object) -> bytes:
    """One EIP-712 member as 32 bytes."""
    if solidity_type == "string" and isinstance(value, str):
        return keccak(value.encode())
    if solidity_type == "address" and isinstance(value, str):
        return bytes(12) + _address_bytes(value)
    if solidity_type == "bool" and isinstance(value, bool):
        return int(value).to_bytes(32, "big")
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if solidity_type == "uint64" and is_integer and isinstance(value, int) and 0 <= value < 2**64:
        return value.to_bytes(32, "big")
    raise ValueError(f"{where} is not a {solidity_type}")
