"""Finding the signing key: the sources in their order, and what each network refuses.

Owns the reading of keys from credentials, files, keystores, the environment, settings and flags,
and their removal from the environment. A key is hidden from every log before it is looked at; a
malformed one is never echoed. Never signs anything. Answers F104, F105; decisions.md ruling 22.
"""

import contextlib
import resource
import secrets
import stat
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from os import getuid
from pathlib import Path
from typing import TypeAlias

import msgspec

from mmtui.errors import CredentialError
from mmtui.runtime.files import read_small_file
from mmtui.runtime.redaction import HiddenText, Redactor
from mmtui.venues.hyperliquid.signing import Secret

CREDENTIAL_NAME = "hyperliquid_private_key"
KEY_VARIABLE = "HYPERLIQUID_PRIVATE_KEY"
PLAIN_VARIABLE = "PRIVATE_KEY"
SETTING_VARIABLE = "MMTUI_NETWORK_PRIVATE_KEY"
LOCAL_NETWORKS = frozenset({"sim", "localhost"})
SECRET_MIN = 4  # a shorter one hides nothing, and blanking it would blank ordinary text
_FILE_MAX = 16 * 1024

AskPassword: TypeAlias = Callable[[str], str]
Found: TypeAlias = tuple[str, HiddenText]


class MissingKeyError(CredentialError):
    """No source has a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySources:
    """Where a key may come from. ``folder`` holds ``.env``; ``ask_password`` is None without a terminal."""

    environment: MutableMapping[str, str]
    folder: Path
    config_key: Found | None = None
    flag_key: Found | None = None
    ask_password: AskPassword | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """The key, where it was found, and what a person should know about that."""

    secret: Secret
    source: str
    notices: tuple[str, ...] = ()
    is_throw_away: bool = False


def find_key(network: str, sources: KeySources, redactor: Redactor) -> SigningKey:
    """The signing key for ``network``; raises CredentialError naming the source that was wrong."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        return _chosen(network, sources, redactor)
    finally:
        forget_keys(sources.environment)


def forget_keys(environment: MutableMapping[str, str]) -> None:
    """Takes every key out of the environment, so that no child process inherits one."""
    for name in (KEY_VARIABLE, PLAIN_VARIABLE, SETTING_VARIABLE):
        environment.pop(name, None)


def _chosen(network: str, sources: KeySources, redactor: Redactor) -> SigningKey:
    hide_known(sources, redactor)
    for found in (sources.flag_key, sources.config_key):
        if found is not None and network == "mainnet":
            raise CredentialError(
                f"a private key from {found[0]} is refused on mainnet",
                remedy=f"use a key file of mode 0600 (MMTUI_KEY_FILE), a keystore, or {KEY_VARIABLE}",
            )
    readers = (_credential, _key_file, _keystore, _variable, _dotenv, _setting, _flag)
    for reader in readers:
        found = reader(sources)
        if found is not None:
            source, hidden = found
            secret = _secret(source, hidden, redactor)
            return SigningKey(secret=secret, source=source, notices=_notices(source, sources))
    return _without_key(network)


def hide_known(sources: KeySources, redactor: Redactor) -> None:
    """Hides every key and password that lies open at one of the sources, also those that will not be used."""
    for found in (sources.flag_key, sources.config_key, _variable(sources)):
        if found is not None:
            _hide_key(found[1].reveal(), redactor)
    for read in (_credential, _key_file, _dotenv, _password):
        with contextlib.suppress(CredentialError):  # whoever needs that source is told what is wrong with it
            found = read(sources)
            if found is not None:
                _hide_key(found[1].reveal(), redactor)


def _hide_key(text: str, redactor: Redactor) -> None:
    bare = text.strip()
    if len(bare) < SECRET_MIN:
        return
    redactor.hide_text(bare)
    with contextlib.suppress(ValueError):
        redactor.hide_bytes(bytes.fromhex(bare.removeprefix("0x").removeprefix("0X")))


def _password(sources: KeySources) -> Found | None:
    name = sources.environment.get("MMTUI_KEYSTORE_PASSWORD_FILE")
    return (name, HiddenText(_text_of(Path(name).expanduser()).reveal().rstrip("\r\n"))) if name else None


def _secret(source: str, hidden: HiddenText, redactor: Redactor) -> Secret:
    redactor.hide_text(hidden.reveal().strip())
    try:
        secret = Secret(hidden.reveal())
    except CredentialError as error:
        raise CredentialError(f"{source}: {error.message}", remedy=error.remedy) from None
    redactor.hide_bytes(secret.reveal())
    return secret


def _notices(source: str, sources: KeySources) -> tuple[str, ...]:
    lines = []
    if source == PLAIN_VARIABLE:
        lines.append(f"the key was taken from {PLAIN_VARIABLE}: call the variable {KEY_VARIABLE}")
    for found, danger in (
        (sources.flag_key, "every user of this machine can read it in the process list"),
        (sources.config_key, "whoever reads the file or a backup of it has the key"),
    ):
        if found is not None:
            used = "" if source == found[0] else f" and not used, since {source} comes first"
            lines.append(f"a private key is given in {found[0]}{used}; {danger}")
    variable = _variable(sources)
    if variable is not None and source != variable[0]:
        lines.append(f"{variable[0]} is set and not used, since {source} comes first")
    return tuple(lines)


def _without_key(network: str) -> SigningKey:
    if network not in LOCAL_NETWORKS:
        raise MissingKeyError(
            f"there is no private key for {network}",
            remedy=f"set {KEY_VARIABLE}, or MMTUI_KEY_FILE to a file of mode 0600, or try `mmtui demo`",
        )
    while True:
        try:
            secret = Secret(secrets.token_hex(32))
        except CredentialError:  # one draw in 2^128 is not a key of the curve
            continue
        return SigningKey(secret=secret, source="made for this run", is_throw_away=True)


def _credential(sources: KeySources) -> Found | None:
    folder = sources.environment.get("CREDENTIALS_DIRECTORY")
    if not folder or not (Path(folder) / CREDENTIAL_NAME).exists():
        return None
    return f"systemd credential {CREDENTIAL_NAME}", _text_of(Path(folder) / CREDENTIAL_NAME, is_private=False)


def _key_file(sources: KeySources) -> Found | None:
    name = sources.environment.get("MMTUI_KEY_FILE")
    return (f"MMTUI_KEY_FILE {name}", _text_of(Path(name).expanduser())) if name else None


def _keystore(sources: KeySources) -> Found | None:
    name = sources.environment.get("MMTUI_KEYSTORE")
    if not name:
        return None
    source = f"keystore {name}"
    store = _text_of(Path(name).expanduser())
    kept = _password(sources)
    if kept is not None:
        password = kept[1]
    elif sources.ask_password is not None:
        password = HiddenText(sources.ask_password(f"Password of {name}: "))
    else:
        raise CredentialError(
            f"{source} needs a password and there is no terminal to ask on",
            remedy="set MMTUI_KEYSTORE_PASSWORD_FILE to a file of mode 0600",
        )
    return source, _decrypted(source, store.reveal(), password)


def _decrypted(source: str, text: str, password: HiddenText) -> HiddenText:
    from eth_account import Account  # noqa: PLC0415 - slow to import and seldom needed

    try:
        store = msgspec.json.decode(text, type=dict[str, object])
        key = bytes(Account.decrypt(store, password.reveal()))
    except (KeyError, TypeError, NotImplementedError, RecursionError, msgspec.MsgspecError):
        raise CredentialError(f"{source} is not a V3 keystore", remedy="give a file that eth-account wrote") from None
    except ValueError:
        raise CredentialError(f"{source} does not open with this password", remedy="try again") from None
    return HiddenText(key.hex())


def _variable(sources: KeySources) -> Found | None:
    for name in (KEY_VARIABLE, PLAIN_VARIABLE):
        text = sources.environment.get(name, "")
        if text.strip():
            return name, HiddenText(text)
    return None


def _dotenv(sources: KeySources) -> Found | None:
    path = sources.folder / ".env"
    if not path.is_file():
        return None
    values = _assignments(_text_of(path, is_private=False).reveal())
    for name in (KEY_VARIABLE, PLAIN_VARIABLE):
        if values.get(name):
            _text_of(path)  # refuses a file that others can read, now that it matters
            return str(path), HiddenText(values[name])
    return None


def _setting(sources: KeySources) -> Found | None:
    return sources.config_key


def _flag(sources: KeySources) -> Found | None:
    return sources.flag_key


def _assignments(text: str) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            values[name.strip()] = value.strip().strip("\"'")
    return values


def _text_of(path: Path, *, is_private: bool = True) -> HiddenText:
    """The text of a small file; ``is_private`` demands that nobody else can read it."""
    try:
        data, status = read_small_file(path, _FILE_MAX)
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise CredentialError(f"{path} is not a key: it is not plain text") from None
    except OSError as error:
        raise CredentialError(
            f"{path} cannot be read: {error.strerror}", remedy="check the path and who owns it"
        ) from None
    except ValueError as error:
        raise CredentialError(f"{path} is not a key: {error}") from None
    if is_private and (stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid not in (0, getuid())):
        raise CredentialError(f"{path} can be read by other users", remedy=f"chmod 600 {path}")
    return HiddenText(text)
