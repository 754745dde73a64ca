"""The fault matrix and the incidents of others as data: what can go wrong, in a few words.

Which test proves a row stands at the test: its name (``test_f01_...``) or its marker
(``pytest.mark.fault("F01")``, ``pytest.mark.incident("B1")``). ``WHY_NOT`` says why a row has none.
"""

from typing import NamedTuple


class Section(NamedTuple):
    """Rows that concern one thing."""

    title: str
    rows: dict[str, str]


ORDERS = Section(
    "Orders, answers, fills",
    {
        "F01": "the answer to a place is lost; the order rests",
        "F02": "a place never reaches the venue",
        "F03": "a place arrives after we stopped waiting for its answer",
        "F04": "the API answers with errors while the chain goes on and orders live",
        "F05": "an answer that is HTML, half a JSON text or of another type",
        "F06": "too many requests from this address (429)",
        "F07": "the account's request allowance is used up",
        "F08": "some entries of a batch are refused",
        "F09": "one error for a whole batch",
        "F10": "more or fewer statuses than orders",
        "F11": "a status or an error text that nobody has documented",
        "F12": "a fill comes before the answer that the order rests",
        "F13": "the answer says filled, the fill itself follows later",
        "F14": "the same fill from the stream, the snapshot and a query",
        "F15": "we trade with ourselves: two legs with one trade id",
        "F16": "a fill is missing: the next one starts from another position",
        "F17": "fills of one message out of their order in time",
        "F18": "a fill minutes after its order was closed",
        "F19": "a cancel finds its order filled already",
        "F20": "a cancel succeeds while a partial fill is still on its way",
        "F21": "a cancel never reaches the venue",
        "F22": "a modify shows its new order before or after the end of the old one",
        "F23": "a post-only order would have matched",
        "F24": "not enough margin",
        "F25": "the venue finds a price, size or value off its rules",
        "F26": "a reduce-only order is cut or cancelled by the venue",
        "F27": "open interest is capped",
        "F28": "a price too far from the oracle",
        "F29": "too many open orders",
        "F30": "the venue cancels an order because it would meet an own one",
        "F31": "a nonce is refused as used, too low or out of range",
        "F32": "more than a hundred requests out of order push a nonce out of the venue's window",
        "F33": "actions expire before they arrive, again and again",
        "F34": "a client order id is used twice",
    },
)

MARKET = Section(
    "Market data and connections",
    {
        "F35": "the socket drops while an order is being filled",
        "F36": "a connection is dead without having been closed",
        "F37": "one channel falls silent on a living socket",
        "F38": "order updates of a gap are not told again",
        "F39": "we read more slowly than the market speaks",
        "F40": "a book older than the last one",
        "F41": "bid and ask are equal or crossed",
        "F42": "one side of the book is empty",
        "F43": "numbers that are none: NaN, 1e999, empty, negative, forty digits",
        "F44": "the first book after a start is absurd",
        "F45": "one print or one block far from the market",
        "F46": "prints that are repeated or late",
        "F47": "the book and the oracle disagree",
        "F48": "the venue's time is ahead of our clock",
        "F49": "a subscription is refused or never acknowledged",
        "F50": "the venue's limits on sockets and messages",
        "F51": "a frame that is damaged, huge or deeply nested",
        "F52": "a channel or a field that nobody has documented",
        "F53": "the venue's text holds terminal sequences or markup",
    },
)

HOST = Section(
    "Clock, host, disk, process",
    {
        "F54": "our clock jumps back",
        "F55": "our clock jumps a day ahead",
        "F56": "the machine sleeps and wakes",
        "F57": "the process does not run for a while",
        "F58": "the disk is full",
        "F59": "the journal ends in half a row",
        "F60": "a row in the middle of the journal is damaged",
        "F61": "the disk reports an error on sync",
        "F62": "the disk is slow",
        "F63": "the process is killed without a warning",
        "F64": "the whole host is lost",
        "F65": "the program crashes at every start",
        "F66": "memory grows over days",
        "F67": "file descriptors run out",
        "F68": "names do not resolve, or TLS does not hold",
        "F69": "the supervisor stops the service",
        "F70": "the engine hangs",
    },
)

ACCOUNT = Section(
    "Venue and account",
    {
        "F71": "the venue halts or makes no blocks",
        "F72": "after an upgrade the venue takes post-only orders alone",
        "F73": "the asset is delisted and the position settled",
        "F74": "size decimals or the largest leverage of the asset change",
        "F75": "somebody changes leverage or margin mode",
        "F76": "funding on the hour, told twice",
        "F77": "the venue liquidates the position, in part or whole",
        "F78": "the position is reduced by auto-deleveraging",
        "F79": "the position is changed by hand",
        "F80": "orders of somebody else on the account",
        "F81": "our orders are cancelled from elsewhere",
        "F82": "money is paid in or out",
        "F83": "the key is revoked or has expired",
        "F84": "the agent's address is given as the account",
        "F85": "the key belongs to the other network",
        "F86": "the account may not use the venue's switch",
        "F87": "the venue's switch fires while we live",
        "F88": "a late renewal of the switch arrives after a newer one",
        "F89": "the switch has fired as often as a day allows",
        "F90": "a second instance on this host",
        "F91": "a second instance on another host",
        "F92": "the account's mode is switched",
    },
)

PEOPLE = Section(
    "Strategy, settings, people, terminal",
    {
        "F93": "an estimator has nothing or no number to say",
        "F94": "the strategy raises",
        "F95": "a level is replaced in a loop",
        "F96": "one side is filled and filled",
        "F97": "a position too small to be closed by an order",
        "F98": "an edit with an invalid value while live",
        "F99": "an edit lowers the limit below the position",
        "F100": "an edit while the connection is down or trading halted",
        "F101": "the configuration is broken or holds an unknown key",
        "F102": "the configuration is hostile: nan, endless, a pipe",
        "F103": "limits of minus one or a thousand million",
        "F104": "the key is missing, malformed or readable by others",
        "F105": "the key in arguments, environment, logs, crash file or core",
        "F106": "the port of the metrics is taken",
        "F107": "metrics are read from outside",
        "F108": "the control socket: another user, a stale file, hostile frames",
        "F109": "a client that never reads",
        "F110": "the terminal's line is lost",
        "F111": "the terminal stops reading",
        "F112": "the console is stopped by a signal",
        "F113": "the window is tiny or huge",
        "F114": "the console raises",
        "F115": "stopped twice, and again while stopping",
        "F116": "a slip on a dangerous key",
        "F117": "a journal of a later version, or a replay by other code",
        "F118": "logs fill the disk",
        "F119": "a dependency with malice in it",
        "F120": "a theme file that is broken or hostile",
    },
)

SECTIONS = (ORDERS, MARKET, HOST, ACCOUNT, PEOPLE)
FAULTS = {key: words for section in SECTIONS for key, words in section.rows.items()}

WHY_NOT: dict[str, str] = {}
