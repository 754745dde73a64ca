"""Who sits at this process: the user's name and the terminal, as others are told."""

import getpass
import os
import sys


def user_name() -> str:
    """The user's name, or his number where he has none."""
    try:
        return getpass.getuser().encode(errors="replace").decode()
    except (KeyError, OSError):
        return str(os.getuid())


def tty_name() -> str:
    """The terminal, such as ``pts/3``; empty without one."""
    try:
        return os.ttyname(sys.__stdin__.fileno() if sys.__stdin__ is not None else 0).removeprefix("/dev/")
    except (OSError, ValueError):
        return ""


def console_label() -> str:
    """Our process as the list of consoles shows it."""
    return f"{user_name()}/{os.getpid()} on {tty_name() or 'no terminal'}"
