"""Subcommands about the configuration; none needs a network."""

import argparse

from mmtui.runtime.commands.grammar.flags import Command, add_settings


def _add_generate(target: argparse.ArgumentParser) -> None:
    target.add_argument("path", nargs="?", default="market_maker.toml", metavar="PATH", help="- for standard output")
    target.add_argument("--force", action="store_true", help="write over an existing file")


COMMANDS: tuple[Command, ...] = (
    Command(
        "generate-config",
        "mmtui.runtime.commands.configuration:generate_config",
        "write the commented configuration",
        _add_generate,
    ),
    Command(
        "validate-config",
        "mmtui.runtime.commands.configuration:validate_config",
        "check the configuration without a network",
        add_settings,
    ),
    Command(
        "effective-config",
        "mmtui.runtime.commands.configuration:effective_config",
        "print each setting with its source",
        add_settings,
    ),
)
