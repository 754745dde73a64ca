"""Writing configuration: the commented file made from the schema, and one value changed in a person's file.

Owns the text of ``generate-config`` and the edit that keeps comments and order. Never decides which
values are valid: the schema does.
"""

import os
import re
import textwrap
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TypeAlias

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from mmtui.domain.parameters import PARAMETERS, SECTIONS, Kind, Parameter, Value, find, parameter
from mmtui.errors import ConfigError

WIDTH = 100
_LONE_NEWLINE = re.compile(r"(?<!\r)\n")
TableOfFile: TypeAlias = MutableMapping[str, object]
EXAMPLES: dict[str, Value] = {
    "network.account_address": "0x0000000000000000000000000000000000000000",
    "network.vault_address": "0x0000000000000000000000000000000000000000",
    "network.private_key": "...",
    "network.confirm_mainnet": "0x0000000000000000000000000000000000000000",
    "trading.dex": "hyna",
    "trading.target_liquidity": 0.01,
    "trading.max_absolute_position_size": 0.05,
    "trading.leverage": "20",
    "risk.maker_fee_rate": 0.00015,
    "logging.file": "auto",
    "monitoring.fill_consumers": "my_ledger",
}
_HEADINGS = {
    "network": "Which exchange, which account.",
    "trading": "What is quoted, and how much.",
    "strategy": "How prices are made.",
    "strategy.ladder_config": "How each side is spread over levels.",
    "strategy.hjb": "The documents' controller, strategy type hjb.",
    "estimators": "What is learned from the market, and how fast it is forgotten.",
    "risk": "Limits. What they stop is stopped at the last step before the exchange.",
    "execution": "How orders are handled.",
    "logging": "What is written down.",
    "monitoring": "What other programs can read.",
    "console": "How the screen behaves.",
}


def generated() -> str:
    """The commented configuration with every setting at its default."""
    parts = [
        "# mmtui configuration. Every setting with its default; a commented one is not set.",
        "# Order of weight: defaults, included files, this file, MMTUI_SECTION_NAME in the environment, flags.",
        "# [live] settings can be changed while trading.",
        "",
        "# Files beside this one whose settings hold where this file has none, such as the priors that",
        "# `mmtui calibrate RECORDING... -o profile.toml` writes; a list of names stands for several, the last",
        "# one weighing most. They may not include others or hold a key. Take the lines of their settings out",
        "# of this file, or its own values stand.",
        '# include = "profile.toml"',
        "",
    ]
    for section in SECTIONS:
        parts += _section(section)
    return "\n".join(parts).rstrip() + "\n"


def write_generated(path: Path, *, force: bool) -> None:
    """Writes ``generated`` to ``path``; never over an existing file without ``force``. Raises ConfigError."""
    write_text(path, generated(), force=force)


def write_text(path: Path, text: str, *, force: bool) -> None:
    """Writes ``text`` to ``path``; never over an existing file without ``force``. Raises ConfigError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if force else os.O_EXCL)
    try:
        descriptor = os.open(path, flags, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} exists and is left as it is", remedy="give another PATH, or --force") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", remedy="give another PATH") from None


def with_values(text: str, changes: Mapping[str, Value]) -> str:
    """The TOML ``text`` with some settings changed; comments, order and the kind of line ends are kept.

    A setting in the file under an older name keeps that name; None takes the setting out.
    Raises ConfigError when ``text`` is not TOML.
    """
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise ConfigError(f"the configuration cannot be changed: {error}", remedy="correct the file first") from None
    for key, value in changes.items():
        row = parameter(key)
        assert not row.secret, "a private key is never written"
        table, name = _place(document, row)
        if value is None:
            if table is not None:
                table.pop(name, None)
        else:
            _put(_table(document, row.section) if table is None else table, name, value)
    changed = tomlkit.dumps(document)
    return changed if _LONE_NEWLINE.search(text) or "\n" not in text else _LONE_NEWLINE.sub("\r\n", changed)


def _put(table: TableOfFile, name: str, value: Value) -> None:
    """Sets a value; one that was not there goes below the last value, above comments that head what follows."""
    if name in table or not isinstance(table, Table):
        table[name] = value
        return
    body = table.value.body
    end = max((place + 1 for place, (key, _) in enumerate(body) if key is not None), default=0)
    comments = body[end:]
    del body[end:]
    table[name] = value
    body.extend(comments)


def _section(section: str) -> list[str]:
    lines = [f"# {_HEADINGS[section]}", f"[{section}]", ""]
    for row in PARAMETERS:
        if row.section == section:
            lines += _row(row)
    return lines


def _row(row: Parameter) -> list[str]:
    sentence = row.help if row.help.endswith(".") else f"{row.help}."
    if row.effect:
        sentence += f" {row.effect[0].upper()}{row.effect[1:]}."
    if row.kind not in (Kind.FLAG, Kind.TEXT):
        sentence += f" {'One of' if row.kind is Kind.CHOICE else 'Range'}: {row.bounds}."
    if row.live:
        sentence += " [live]"
    lines = [f"# {line}" for line in textwrap.wrap(sentence, WIDTH - 2)]
    value = EXAMPLES[row.key] if row.default is None else row.default
    mark = "# " if row.default is None else ""
    return [*lines, f"{mark}{row.name} = {tomlkit.item(value).as_string()}", ""]


def _place(document: tomlkit.TOMLDocument, row: Parameter) -> tuple[TableOfFile | None, str]:
    """The table and the name under which a setting stands in the file, perhaps an older one; None where it is not."""
    for section in SECTIONS:
        table = _found(document, section)
        for name in table or ():
            if find(f"{section}.{name}") is row:
                return table, str(name)
    return None, row.name


def _found(document: tomlkit.TOMLDocument, section: str) -> TableOfFile | None:
    table: TableOfFile = document
    for name in section.split("."):
        inner = table.get(name)
        if not isinstance(inner, MutableMapping):
            return None
        table = inner
    return table


def _table(document: tomlkit.TOMLDocument, section: str) -> TableOfFile:
    table: TableOfFile = document
    for name in section.split("."):
        if name not in table:
            table[name] = tomlkit.table()
        inner = table[name]
        if not isinstance(inner, MutableMapping):
            raise ConfigError(f"[{section}] is not a table in the configuration", remedy="correct the file first")
        table = inner
    return table
