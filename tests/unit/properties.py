"""Settings of property tests: the same examples on every run, and no deadline on a busy machine."""

from hypothesis import settings


def examples(count):
    return settings(max_examples=count, deadline=None, derandomize=True)
