"""Finding the key: order of sources, refusals, and that it shows nowhere."""

import json
import logging
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from mmtui.errors import CredentialError
from mmtui.runtime.redaction import HIDDEN, HiddenText, Redactor, without_keys
from mmtui.runtime.secrets import KeySources, SigningKey, find_key

KEYS = {
    name: f"{number:02x}" * 32
    for number, name in enumerate(["credential", "file", "keystore", "env", "dotenv", "config", "flag"], 1)
}


def sources_with(folder: Path, *names: str) -> KeySources:
    environment: dict[str, str] = {"PATH": "x"}
    if "credential" in names:
        (folder / "credentials").mkdir()
        (folder / "credentials" / "hyperliquid_private_key").write_text(KEYS["credential"] + "\n")
        environment["CREDENTIALS_DIRECTORY"] = str(folder / "credentials")
    if "file" in names:
        private_file(folder / "key", "0x" + KEYS["file"] + "\n")
        environment["MMTUI_KEY_FILE"] = str(folder / "key")
    if "keystore" in names:
        private_file(folder / "keystore.json", keystore(KEYS["keystore"]))
        private_file(folder / "password", "correct horse\n")
        environment["MMTUI_KEYSTORE"] = str(folder / "keystore.json")
        environment["MMTUI_KEYSTORE_PASSWORD_FILE"] = str(folder / "password")
    if "env" in names:
        environment["HYPERLIQUID_PRIVATE_KEY"] = KEYS["env"]
    if "dotenv" in names:
        private_file(folder / ".env", f'# é\nexport HYPERLIQUID_PRIVATE_KEY="{KEYS["dotenv"]}"\nOTHER=1\n')
    config = ("market_maker.toml:3", HiddenText(KEYS["config"])) if "config" in names else None
    flag = ("--private-key", HiddenText(KEYS["flag"])) if "flag" in names else None
    return KeySources(environment=environment, folder=folder, config_key=config, flag_key=flag)


def private_file(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(mode)


def keystore(key: str) -> str:
    from eth_account import Account

    return json.dumps(Account.encrypt(key, "correct horse", kdf="pbkdf2", iterations=2))


def found(network: str, sources: KeySources) -> SigningKey:
    return find_key(network, sources, Redactor())


ORDER = list(KEYS)


@pytest.mark.parametrize("first", range(len(ORDER)), ids=ORDER)
def test_the_sources_are_tried_in_their_order(tmp_path: Path, first: int) -> None:
    key = found("testnet", sources_with(tmp_path, *ORDER[first:]))
    assert key.secret.reveal().hex() == KEYS[ORDER[first]]


@pytest.mark.parametrize("last", range(5), ids=ORDER[:5])
def test_mainnet_takes_every_source_but_settings_and_flags(tmp_path: Path, last: int) -> None:
    assert found("mainnet", sources_with(tmp_path, ORDER[last])).secret.reveal().hex() == KEYS[ORDER[last]]


@pytest.mark.parametrize("exposed", ["config", "flag"])
def test_mainnet_refuses_a_key_in_settings_or_flags_even_when_another_source_has_one(
    tmp_path: Path, exposed: str
) -> None:
    with pytest.raises(CredentialError, match="refused on mainnet") as caught:
        found("mainnet", sources_with(tmp_path, "env", exposed))
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("exposed", ["config", "flag"])
@pytest.mark.parametrize("network", ["testnet", "localhost", "sim"])
def test_elsewhere_a_key_in_settings_or_flags_works_with_a_warning(tmp_path: Path, network: str, exposed: str) -> None:
    key = found(network, sources_with(tmp_path, exposed))
    assert key.secret.reveal().hex() == KEYS[exposed]
    assert any("a private key is given in" in line for line in key.notices)


def test_a_source_that_is_passed_over_is_mentioned(tmp_path: Path) -> None:
    assert any(
        "HYPERLIQUID_PRIVATE_KEY is set and not used" in n
        for n in found("testnet", sources_with(tmp_path, "file", "env")).notices
    )


def test_the_plain_variable_works_with_a_warning_and_loses_to_the_proper_one(tmp_path: Path) -> None:
    plain = KeySources(environment={"PRIVATE_KEY": KEYS["flag"]}, folder=tmp_path)
    assert "call the variable HYPERLIQUID_PRIVATE_KEY" in found("testnet", plain).notices[0]
    both = KeySources(
        environment={"PRIVATE_KEY": KEYS["flag"], "HYPERLIQUID_PRIVATE_KEY": KEYS["env"]}, folder=tmp_path
    )
    assert found("testnet", both).secret.reveal().hex() == KEYS["env"]


@pytest.mark.fault("F104")
@pytest.mark.parametrize("network", ["testnet", "mainnet"])
def test_without_a_key_a_real_network_is_refused_with_the_remedy(tmp_path: Path, network: str) -> None:
    with pytest.raises(CredentialError, match="HYPERLIQUID_PRIVATE_KEY") as caught:
        found(network, KeySources(environment={}, folder=tmp_path))
    assert caught.value.exit_code == 5


def test_local_networks_get_a_key_for_the_run_and_another_the_next_time(tmp_path: Path) -> None:
    first, second = (found("sim", KeySources(environment={}, folder=tmp_path)) for _ in range(2))
    assert first.is_throw_away
    assert first.secret.reveal() != second.secret.reveal()


@pytest.mark.fault("F104")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
@pytest.mark.parametrize("source", ["file", "keystore", "dotenv"])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, source: str, mode: int) -> None:
    sources = sources_with(tmp_path, source)
    {"file": tmp_path / "key", "keystore": tmp_path / "keystore.json", "dotenv": tmp_path / ".env"}[source].chmod(mode)
    with pytest.raises(CredentialError, match="chmod 600"):
        found("testnet", sources)


def test_an_open_dotenv_without_a_key_is_nobodys_business(tmp_path: Path) -> None:
    private_file(tmp_path / ".env", "OTHER=1\n", 0o644)
    assert found("sim", KeySources(environment={}, folder=tmp_path)).is_throw_away


@pytest.mark.fault("F104")
@pytest.mark.parametrize(
    "text", ["ab" * 31, "ab" * 33, "zz" * 32, "00" * 32, "ff" * 32, "0x" + "ab" * 20, "my secret words", "é" * 64]
)
@pytest.mark.parametrize("source", ["env", "flag", "file"])
def test_a_malformed_key_is_refused_by_source_and_never_echoed(tmp_path: Path, source: str, text: str) -> None:
    sources = KeySources(
        environment={"HYPERLIQUID_PRIVATE_KEY": text} if source == "env" else {},
        folder=tmp_path,
        flag_key=("--private-key", HiddenText(text)) if source == "flag" else None,
    )
    if source == "file":
        private_file(tmp_path / "k", text)
        sources.environment["MMTUI_KEY_FILE"] = str(tmp_path / "k")
    with pytest.raises(CredentialError) as caught:
        found("testnet", sources)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert text not in shown
    assert {"env": "HYPERLIQUID_PRIVATE_KEY", "flag": "--private-key", "file": "MMTUI_KEY_FILE"}[source] in str(
        caught.value
    )


@pytest.mark.parametrize("kind", ["fifo", "directory", "absent", "huge", "binary"])
def test_a_key_file_of_another_kind_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "k"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "huge":
        private_file(path, "a" * 100_000)
    elif kind == "binary":
        path.write_bytes(b"\xff\xfe\x00" * 9)
    with pytest.raises(CredentialError):
        found("testnet", KeySources(environment={"MMTUI_KEY_FILE": str(path)}, folder=tmp_path))


def test_a_keystore_opens_with_its_password_only(tmp_path: Path) -> None:
    sources = sources_with(tmp_path, "keystore")
    del sources.environment["MMTUI_KEYSTORE_PASSWORD_FILE"]
    for password, expected in (("correct horse", None), ("wrong", "does not open"), ("", "does not open")):
        asked: list[str] = []
        trial = KeySources(
            environment=dict(sources.environment),
            folder=tmp_path,
            ask_password=lambda prompt, asked=asked, password=password: asked.append(prompt) or password,
        )
        if expected is None:
            assert found("mainnet", trial).secret.reveal().hex() == KEYS["keystore"]
        else:
            with pytest.raises(CredentialError, match=expected):
                found("mainnet", trial)
        assert len(asked) == 1
    with pytest.raises(CredentialError, match="no terminal"):
        found("mainnet", sources)
    private_file(tmp_path / "keystore.json", '{"version": 3}')
    with pytest.raises(CredentialError, match="not a V3 keystore"):
        found("mainnet", trial)


@pytest.mark.fault("F105")
def test_no_key_stays_in_the_environment_not_even_after_a_refusal(tmp_path: Path) -> None:
    names = ("HYPERLIQUID_PRIVATE_KEY", "PRIVATE_KEY", "MMTUI_NETWORK_PRIVATE_KEY")
    for value in (KEYS["env"], "bad"):
        environment = dict.fromkeys(names, value) | {"HOME": "h"}
        sources = KeySources(environment=environment, folder=tmp_path)
        try:
            found("testnet", sources)
        except CredentialError:
            assert value == "bad"
        assert environment == {"HOME": "h"}


@pytest.mark.fault("F105")
def test_a_core_dump_is_forbidden_once_a_key_was_looked_for(tmp_path: Path) -> None:
    script = (
        "import resource, pathlib\n"
        "from mmtui.runtime.secrets import *\n"
        "from mmtui.runtime.redaction import Redactor\n"
        "find_key('sim', KeySources(environment={}, folder=pathlib.Path('/')), Redactor())\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "(0, 0)"


def test_hidden_text_has_no_way_out_but_one() -> None:
    hidden = HiddenText("topsecret")
    assert "topsecret" not in f"{hidden} {hidden!r} {[hidden]} {{'k': {hidden!r}}}"
    for attempt in (lambda: pickle.dumps(hidden), lambda: hash(hidden), lambda: hidden == "topsecret"):
        with pytest.raises(TypeError):
            attempt()


def test_every_usual_form_of_a_key_is_blanked() -> None:
    key = bytes.fromhex("00" + "a7" * 30 + "0b")
    redactor = Redactor()
    redactor.hide_bytes(key)
    forms = [
        key.hex(),
        "0x" + key.hex().upper(),
        str(int.from_bytes(key, "big")),
        repr(key),
        hex(int.from_bytes(key, "big")),
    ]
    for form in forms:
        cleaned = redactor.clean(f"before {form} after")
        assert "a7a7" not in cleaned.lower()
        assert HIDDEN in cleaned
        assert cleaned.startswith("before")
        assert cleaned.endswith("after")
    assert redactor.clean("nothing here") == "nothing here"


def test_a_key_that_is_a_small_number_blanks_no_ordinary_text() -> None:
    redactor = Redactor()
    redactor.hide_bytes(bytes(31) + b"\x07")
    assert redactor.clean("7 fills at 107 USD") == "7 fills at 107 USD"
    assert HIDDEN in redactor.clean((bytes(31) + b"\x07").hex())


def test_key_like_text_is_blanked_where_user_input_is_quoted() -> None:
    assert without_keys("found '0x" + "ab" * 32 + "'") == f"found '{HIDDEN}'"
    address = "0x" + "ab" * 20
    assert without_keys(address) == address


@pytest.mark.fault("F105")
def test_a_found_key_is_hidden_from_logs_before_it_is_used(tmp_path: Path) -> None:
    redactor = Redactor()
    key = find_key("testnet", sources_with(tmp_path, "env"), redactor)
    record = logging.LogRecord("x", 20, "f", 1, "key %s", (key.secret.reveal().hex(),), None)
    assert KEYS["env"] not in redactor.clean(record.getMessage())
    assert KEYS["env"] not in repr(key)
