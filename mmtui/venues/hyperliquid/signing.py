"""Signing: the key, and the only object that may use it.

Owns the secret and the secp256k1 signature of the actions in ``actions``; there is no way to sign
anything else. Output equals the reference SDK's ``{r, s, v}`` byte for byte (RFC 6979, low s,
leading zeros dropped). Never writes a key anywhere: ``Secret`` has no text form, cannot be pickled
and refuses comparison.
"""

from typing import Final, NoReturn

import coincurve
import msgspec

from mmtui.errors import CredentialError
from mmtui.venues.hyperliquid.actions import Action
from mmtui.venues.hyperliquid.digest import address_of, l1_digest

_REMEDY: Final = "a key is 64 hexadecimal digits, with or without 0x"


class Secret:
    """A private key in memory. Only ``reveal`` gives it out; printing it shows nothing."""

    __slots__ = ("_key",)

    def __init__(self, text: str) -> None:
        digits = text.strip().removeprefix("0x").removeprefix("0X")
        if len(digits) == 40:
            raise CredentialError("the private key has the length of an address", remedy=_REMEDY)
        if len(digits) != 64:
            raise CredentialError(f"the private key has {len(digits)} digits", remedy=_REMEDY)
        try:
            self._key = bytes.fromhex(digits)
            coincurve.PrivateKey(self._key)
        except ValueError:
            raise CredentialError("the private key is not a valid key", remedy=_REMEDY) from None

    def reveal(self) -> bytes:
        """The 32 bytes: for the signer, and for the pipe to the guard process."""
        return self._key

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __eq__(self, other: object) -> bool:
        raise TypeError("a secret is not compared")

    def __hash__(self) -> int:
        raise TypeError("a secret is not hashed")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")


class Signature(msgspec.Struct, frozen=True, gc=False):
    """As the venue takes it: 0x-hex without leading zeros, ``v`` 27 or 28."""

    r: str
    s: str
    v: int


class Signer:
    """Signs the allowed actions for one key on one network."""

    __slots__ = ("_is_mainnet", "_private_key", "_vault_address", "address")

    def __init__(self, secret: Secret, *, is_mainnet: bool, vault_address: str | None = None) -> None:
        self._private_key = coincurve.PrivateKey(secret.reveal())
        self._is_mainnet = is_mainnet
        self._vault_address = vault_address.lower() if vault_address else None
        self.address: Final = address_of(self._private_key.public_key.format(compressed=False))

    @property
    def vault_address(self) -> str | None:
        """The sub-account or vault acted for, lower-case, or None."""
        return self._vault_address

    def sign(self, action: Action, nonce: int, expires_after_ms: int | None = None) -> Signature:
        """Signature of ``action``; the same arguments always give the same signature."""
        digest = l1_digest(
            action,
            nonce,
            is_mainnet=self._is_mainnet,
            vault_address=self._vault_address,
            expires_after_ms=expires_after_ms,
        )
        raw = self._private_key.sign_recoverable(digest, hasher=None)
        return Signature(hex(int.from_bytes(raw[:32], "big")), hex(int.from_bytes(raw[32:64], "big")), raw[64] + 27)

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer is not pickled or copied")
