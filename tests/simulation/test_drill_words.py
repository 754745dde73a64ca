"""What ``mmtui drill`` refuses: options that it would otherwise ignore, each with the remedy."""

import pytest

from mmtui.cli import main


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["kill-9", "--seed", "3"], "is scripted and has no seeds"),
        (["--seed", "3", "--seeds", "0:2"], "both --seed and --seeds"),
        (["--complete"], "--complete is for many seeds"),
        (["--seed", "3", "--json", "sum.json"], "--json is for many seeds"),
        (["--seed", "3", "-j", "2"], "-j is for many seeds"),
        (["--seeds", "0:2", "-j", "0"], "not a whole number above 0"),
        (["--hours", "2"], "--hours is for seeds"),
        (["kill-9", "--profile", "disk"], "--profile is for seeds"),
        (["nosuch"], "no drill 'nosuch'; one of"),
        (["--seed", "3", "--profile", "nosuch"], "no profile 'nosuch'; one of"),
        (["--seeds", "9:3"], "is no range; give A:B"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused_in_one_line(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", *words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert expected in said.err
