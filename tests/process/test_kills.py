"""Kill -9 at moments drawn from a seed: the guard clears the book, the next run reconciles, no fill is lost."""

import pytest

from tests.process.books import assert_books_agree
from tests.process.kills import Killings, moments
from tests.process.programs import Programs

pytestmark = pytest.mark.process

KILLS = 5
SEED = 169


@pytest.mark.fault("F63")
@pytest.mark.incident("B41", "B10")
def test_five_kills_at_random_moments_lose_no_fill_and_leave_no_order(programs: Programs) -> None:
    programs.exchange("--seed", "9")
    killings = Killings(programs)
    for moment in moments(SEED, KILLS):
        killings.run(moment)
    ended = killings.finish()
    assert [trial for trial in killings.trials if trial.faults] == []
    assert sum(trial.left for trial in killings.trials) > 0
    assert any(trial.reconciled_s is not None for trial in killings.trials)
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    assert_books_agree(programs)
