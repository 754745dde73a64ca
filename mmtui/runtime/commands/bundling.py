"""``mmtui bundle``: an incident bundle from the files alone, when the engine is dead, hangs or must not be asked."""

import argparse
import json
import os
import sys
from pathlib import Path

import msgspec

from mmtui.errors import ConfigError, ExitCode
from mmtui.runtime.commands.configuration import config_of
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.incident.contents import Charge, make, told
from mmtui.runtime.logs.files import STEM
from mmtui.runtime.redaction import Redactor
from mmtui.runtime.secrets import KeySources, forget_keys, hide_known
from mmtui.runtime.state import state_folder

JOURNAL_ENDING = ".journal.sqlite"


def bundle(args: argparse.Namespace) -> int:
    """Writes the bundle of one market and says where it is."""
    config = _config(args)
    secrets = _secrets(config)
    folder = state_folder(os.environ)
    charge = Charge(
        folder=str(folder),
        market=_market(folder, getattr(args, "id", "")),
        span_s=getattr(args, "minutes", 15.0) * 60.0,
        note=getattr(args, "note", ""),
        log_path=str(getattr(args, "log", None) or _log_of(config) or ""),
        secrets=secrets,
    )
    made = make(charge)
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(msgspec.to_builtins(made)) + "\n")
    else:
        sys.stdout.write(told(made) + "\n")
        for line in made.missing:
            sys.stdout.write(f"  without {line}\n")
    return int(ExitCode.CLEAN)


def _config(args: argparse.Namespace) -> LoadedConfig | None:
    """The configuration of this folder; one that cannot be read must not keep anybody from a bundle."""
    try:
        return config_of(args)
    except ConfigError:
        return None


def _secrets(config: LoadedConfig | None) -> tuple[str, ...]:
    """Every key and password that can be found without asking, so that none of them can be in the bundle."""
    redactor = Redactor()
    sources = KeySources(
        environment=os.environ,
        folder=Path.cwd(),
        config_key=config.config_key if config is not None else None,
        flag_key=config.flag_key if config is not None else None,
    )
    hide_known(sources, redactor)
    forget_keys(os.environ)
    return redactor.forms


def _log_of(config: LoadedConfig | None) -> Path | None:
    """The log file configured, or the newest of its folder; None where there is none."""
    if config is None or not config.settings.text("logging.file"):
        return None
    name = config.settings.text("logging.file")
    if name != "auto":
        return Path(name)
    logs = Path(config.settings.text("logging.dir")).glob(f"{STEM}*.log")
    return max(logs, key=lambda path: path.stat().st_mtime, default=None)


def _market(folder: Path, name: str) -> str:
    """The market meant: by its id or the beginning of it, or the only one there is."""
    markets = sorted(path.name.removesuffix(JOURNAL_ENDING) for path in folder.glob(f"*{JOURNAL_ENDING}"))
    markets = [market for market in markets if ".journal." not in market]
    found = [market for market in markets if market == name] or [m for m in markets if m.startswith(name)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(found or markets) or "none has run"
    raise ConfigError(f"which market? there are: {known}", remedy="name it: mmtui bundle ID")
