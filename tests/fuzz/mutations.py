"""Damaged inputs from good ones: bytes flipped, cut, doubled, and the words that break parsers put in."""

import random

WORDS = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1", b"0", b"-0.0", b"1e-320", b"9" * 400, b'""', b"null", b"true",
    b"[]", b"{}", b'"', b"\\", b"\\u0000", b"\xff", b"\x00", b"\r\n", b"\x1b[31m", b"[/red]", b"[" * 2_000,
    b"{\"a\":" * 500,
    b"0x", b"_", b"1_0", "٣".encode(), "\ud7ff".encode(), b"-9223372036854775809", b"18446744073709551616",
    b"0.000000000000000000000000001", b"inf", b"nan", b"=", b"#", b"'''", b'"""', b"[[a]]", b"1979-05-27T07:32:00Z",
)  # fmt: skip
SIZE_MAX = 20_000


def mutated(seeds: list[bytes], dice: random.Random) -> bytes:
    """One input: now and then a good one, else a good one with one to four kinds of damage."""
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.randrange(5)):
        at = dice.randrange(len(data) + 1)
        kind = dice.randrange(7)
        if kind == 0 and data:
            data[at % len(data)] = dice.randrange(256)
        elif kind == 1:
            data[at:at] = dice.choice(WORDS)
        elif kind == 2:
            del data[at : at + dice.randrange(1, 40)]
        elif kind == 3:
            piece = data[at : at + dice.randrange(1, 200)]
            data[at:at] = piece
        elif kind == 4:
            other = dice.choice(seeds)
            start = dice.randrange(len(other) + 1)
            data[at : at + dice.randrange(60)] = other[start : start + dice.randrange(60)]
        elif kind == 5:
            _replace_number(data, dice)
        else:
            del data[at:]
        del data[SIZE_MAX:]
    return bytes(data)


def _replace_number(data: bytearray, dice: random.Random) -> None:
    """Another number in the place of one: the damage that still parses."""
    digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return
    start = end = dice.choice(digits)
    while start and data[start - 1] in b"0123456789.-+eE":
        start -= 1
    while end < len(data) and data[end] in b"0123456789.-+eE":
        end += 1
    data[start:end] = dice.choice(WORDS[:9])
