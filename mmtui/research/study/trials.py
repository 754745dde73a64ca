"""Many trials: a list of them, played in one or several processes, and sessions kept in a file as they end.

Such a file can be added to: what it holds already is not played again, so that a long comparison may
be ended and gone on with.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from mmtui.domain.parameters import Value
from mmtui.errors import ConfigError
from mmtui.research.study.trial import Task, Trial, run_trial

T = TypeVar("T", bound=msgspec.Struct)


def tasks(
    names: Sequence[str], seeds: Iterable[int], coin: str, *, hours: float, common: dict[str, Value]
) -> list[Task]:
    """Every contender on every seed, seed by seed, so that an early end leaves whole seeds."""
    return [Task(name, seed, coin, hours, common) for seed in seeds for name in names]


def known(path: Path, kind: type[T]) -> list[T]:
    """The sessions in a file, none where it does not exist; raises ConfigError where it holds something else."""
    if not path.exists():
        return []
    try:
        return [msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines()]
    except msgspec.MsgspecError as error:
        raise ConfigError(f"{path} holds no such sessions: {error}", remedy="name another file") from error


def run_trials(todo: Sequence[Task], *, processes: int, seen: Callable[[Trial], None]) -> list[Trial]:
    """Plays the tasks; ``seen`` hears of each trial as it ends, in their order."""
    done: list[Trial] = []
    if processes <= 1:
        for task in todo:
            done.append(run_trial(task))
            seen(done[-1])
        return done
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for trial in pool.imap(run_trial, todo):
            done.append(trial)
            seen(trial)
    return done


def keep(path: Path, session: msgspec.Struct) -> None:
    """Adds a session to the file."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(session) + b"\n")


def is_same(task: Task, trial: Trial) -> bool:
    """Whether the trial is what this task would play."""
    wanted = (task.contender, task.seed, task.coin, task.hours)
    return wanted == (trial.contender, trial.seed, trial.coin, trial.hours)
