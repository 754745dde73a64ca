"""Every role: what it stands for, and what says the same without any colour. Pure."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a role is for, and its letter, mark, word or place."""

    stands_for: str
    also: str


MEANINGS: dict[str, Meaning] = {
    "text": Meaning("a value that is as it should be", "plain"),
    "label": Meaning("names, units, what needs no attention", "plain"),
    "rule": Meaning("lines between panes", "carries nothing"),
    "title": Meaning("the name of a pane", "capitals, first line"),
    "bid": Meaning("bids, buying", "left side, `B`, BUY"),
    "ask": Meaning("asks, selling", "right side, `S`, SELL"),
    "own-bid": Meaning("our own bid", "`B` after the size"),
    "own-ask": Meaning("our own ask", "`S` after the size"),
    "bid-depth": Meaning("how much is bid at a price", "length of the bar"),
    "ask-depth": Meaning("how much is asked at a price", "length of the bar"),
    "gain": Meaning("money won", "`+`"),
    "loss": Meaning("money lost", "`-`"),
    "ok": Meaning("in order: good is quiet", "nothing"),
    "warn": Meaning("look at this", "`!` or the word"),
    "bad": Meaning("act now", "the word, such as DOWN or FIRED"),
    "alarm": Meaning("the worst alarm, line 3", "`!!`, its own line"),
    "stale": Meaning("older than it should be", "`?` and OLD in the title"),
    "live": Meaning("real money", "LIVE, first word"),
    "paper": Meaning("no money: PAPER, DRY-RUN", "the word"),
    "sim": Meaning("no exchange: SIM, REPLAY", "the word"),
    "held": Meaning("the view is held", "HELD and for how long"),
    "key": Meaning("a key that does something", "last line, help"),
    "staged": Meaning("an edit that is not sent", "its own column"),
    "cursor": Meaning("where typed text goes", "the bottom line"),
    "gauge": Meaning("how full", "length of the bar, per cent beside it"),
    "chart": Meaning("a line of a chart", "its own panel and scale"),
    "ask-block": Meaning("a question that waits for `y`", "the verb, in capitals"),
    "chosen": Meaning("the chosen row", "an arrow before it"),
}
