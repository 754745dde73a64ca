"""The commands about configuration: write it, check it, show what is in force. All work offline."""

import argparse
import json
import os
import sys
from pathlib import Path

from mmtui.errors import ExitCode
from mmtui.runtime.config import LoadedConfig, load
from mmtui.runtime.config.writing import generated, write_generated


def config_of(args: argparse.Namespace, *, reads_file: bool = True) -> LoadedConfig:
    """The settings for the flags given; raises ConfigError with every problem."""
    return load(
        path=getattr(args, "config", None),
        environment=os.environ,
        flags=args.flags,
        folder=Path.cwd(),
        reads_file=reads_file,
    )


def generate_config(args: argparse.Namespace) -> int:
    """Writes the commented configuration to a file, or to standard output for ``-``."""
    if args.path == "-":
        sys.stdout.write(generated())
    else:
        write_generated(Path(args.path), force=getattr(args, "force", False))
        sys.stdout.write(f"{args.path} written; check it with `mmtui validate-config`\n")
    return int(ExitCode.CLEAN)


def validate_config(args: argparse.Namespace) -> int:
    """Checks file, environment and flags; problems end in an error, notices are printed."""
    config = config_of(args)
    for notice in config.notices:
        sys.stdout.write(f"notice: {notice}\n")
    sys.stdout.write(f"{config.path or 'the defaults'}: valid\n")
    return int(ExitCode.CLEAN)


def effective_config(args: argparse.Namespace) -> int:
    """Prints every setting as TOML with the source of its value; a private key is only said to be there."""
    config = config_of(args)
    section = ""
    for row, value in config.settings.items():
        if row.section != section:
            section = row.section
            sys.stdout.write(f"\n[{section}]\n")
        if row.secret:
            found = config.flag_key or config.config_key
            sys.stdout.write(f"# {row.name} {f'is set  ({found[0]})' if found else 'is not set'}\n")
        elif value is None:
            sys.stdout.write(f"# {row.name} is not set\n")
        else:
            setting = f"{row.name} = {json.dumps(value, ensure_ascii=False)}"
            sys.stdout.write(f"{setting:<44}  # {config.sources[row.key]}\n")
    return int(ExitCode.CLEAN)
