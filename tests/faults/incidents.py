"""What happened to others who ran programs like this one, and what stands against it here."""

from typing import NamedTuple


class Incident(NamedTuple):
    """What happened, and the guard against it."""

    happened: str
    guard: str


INCIDENTS: dict[str, Incident] = {
    "B1": Incident(
        "A submit was reported as failed, had filled, and was sent again.",
        "No answer makes an order unknown: its size stays reserved and its level empty until a question by its own "
        "id decides.",
    ),
    "B2": Incident(
        "A cancel failed because the order had filled; the bot concluded that it had never existed.",
        "Such a cancel leads to a question and to the fills; the order settles by them.",
    ),
    "B3": Incident(
        "A modify and a fill crossed, and the position went beyond its limit.",
        "No modifies are sent: a replacement is placed only when the old order is out of the worst case.",
    ),
    "B4": Incident(
        "The answer to a modify was dropped and a live order was taken for dead.",
        "State is kept by our own id; an order of unknown fate stays reserved until the venue or its expiry decides.",
    ),
    "B5": Incident(
        "Orders outlived the program, or went to another account than the one on the screen.",
        "A stop is over when two questions in a row show no own order; exit 4 otherwise. Every action carries the "
        "one account, and the screen names it.",
    ),
    "B6": Incident(
        "Orders went to another market of the same coin because the asset's number came from the wrong list.",
        "The number comes from the metadata of the dex that was asked for, and markets of other coins are ignored.",
    ),
    "B7": Incident(
        "Open orders were read from the wrong dex, and every own order looked stale.",
        "The dex is part of every question, and an order missing from one list is asked about, not forgotten.",
    ),
    "B8": Incident(
        "The book stood still without an error and quotes stayed in it.",
        "The age of the data is measured by the engine's own time and the venue's, and pulls the quotes.",
    ),
    "B9": Incident(
        "The socket closed and never came back, or closed itself again and again.",
        "Connections are made again with back-off for as long as it takes, and subscriptions with them.",
    ),
    "B10": Incident(
        "After a reconnect the position was wrong: old fills were replayed into it.",
        "A fill counts once by its key; its starting position must be ours, else nothing is placed until the "
        "account was read.",
    ),
    "B11": Incident(
        "Fills were lost because they carried no id of ours.",
        "Every fill of the account counts in the position; one that belongs to no own order is booked as foreign.",
    ),
    "B12": Incident(
        "Positions on another dex were invisible and were opened again and again.",
        "The account is read on the dex that is traded, at every comparison.",
    ),
    "B13": Incident(
        "The position limit was exceeded by many times.",
        "The last check before the wire counts the position and everything that may still fill against the limit.",
    ),
    "B14": Incident(
        "A safety layer pulled the quotes that would have reduced a losing position.",
        "A cascade pulls the increasing side; the reducing side goes only with stale data or a kill.",
    ),
    "B15": Incident(
        "Several causes multiplied the spread until nothing was near the market.",
        "Causes of widening are added in basis points and capped together.",
    ),
    "B16": Incident(
        "Scarce requests widened the quotes, which earned no fills and so no requests.",
        "The allowance changes how often and how many, never the price.",
    ),
    "B17": Incident(
        "Warming up needed fills, and fills needed quotes.",
        "Market data alone completes the warm-up, and a time-out quotes from priors where that is allowed.",
    ),
    "B18": Incident(
        "An intensity measured on the resting book gave spreads of hundreds of basis points.",
        "Intensity is learned from trades only, within a plausible band.",
    ),
    "B19": Incident(
        "The inventory skew was switched off and a short was carried through a rally.",
        "A full position shifts the quotes by at least a set share of the half-spread.",
    ),
    "B20": Incident(
        "Drawdown was divided by a small peak profit, or by the peak of the day before.",
        "Drawdown is a share of equity, and what is kept from an earlier day does not count today.",
    ),
    "B21": Incident(
        "A kill switch fired on a peak that had been guessed, and while the market was closed.",
        "The peak is recorded, and money paid in or out is neither profit nor loss.",
    ),
    "B22": Incident(
        "A kill switch fired and orders went on being created.",
        "A kill shuts the valve first: nothing is placed from the same step on, and the end is verified.",
    ),
    "B23": Incident(
        "A kill switch fired without a trade on a wrong profit.",
        "Every limit but the loss of the day must be demanded by two measurements in a row.",
    ),
    "B24": Incident(
        "After a kill or a stop a position stayed open and nobody knew.",
        "The end says flat or what is held; closing on stop is a setting.",
    ),
    "B25": Incident(
        "Two requests used one nonce, and some were lost.",
        "One source hands out rising nonces, durable over restarts and shared by every process of the key.",
    ),
    "B26": Incident(
        "The account or the address was locked out for too many requests.",
        "Every action is counted against the rate and the allowance, and a share is kept for cancels.",
    ),
    "B27": Incident(
        "Prices and sizes were rounded in ways the venue refuses, or through the market.",
        "Prices are put on the venue's grid away from the spread and sizes cut to the lot, for every listed asset.",
    ),
    "B28": Incident(
        "A post-only order was refused and sent again without end.",
        "One more try, then each level waits ever longer.",
    ),
    "B29": Incident(
        "Reduce-only orders were refused because they would have increased.",
        "Reducing sizes never exceed the position less what is on its way already.",
    ),
    "B30": Incident(
        "One level was bought again and again, many times within a second.",
        "Replacements of a level, one-sided fills and actions a second are counted; beyond the limit trading ends.",
    ),
    "B31": Incident(
        "A crossed book was accepted and quoted on.",
        "Every picture passes a gate; a refused one moves nothing and is no sign of life.",
    ),
    "B32": Incident(
        "A fair price far from the market crossed it while warming up.",
        "The fair price is kept inside the touch, and no quote crosses the market.",
    ),
    "B33": Incident(
        "Fees had the wrong sign, funding was missing, open profit was counted twice.",
        "The causes of profit add up to the change of equity, to the micro-USD.",
    ),
    "B34": Incident(
        "Paper trading had been a different program than live trading.",
        "One engine object runs live, on paper, in the simulation and in replay.",
    ),
    "B35": Incident(
        "A back-test filled orders without trades.",
        "Behind a recorded book an order fills only when prints have eaten what stood ahead of it.",
    ),
    "B36": Incident(
        "Prices that were no numbers, or zero, ended the program or reached the market.",
        "Checks are in positive form, estimators never publish what is not finite, and a defect cancels and latches.",
    ),
    "B37": Incident(
        "Shutting down took long because orders were cancelled one by one, or it hung.",
        "One action cancels everything; the end is verified within seconds or said to be unverified.",
    ),
    "B38": Incident(
        "Risk rules existed that did nothing but write a line.",
        "Every denial and every monitor has a test of what happens to the orders at the exchange.",
    ),
    "B39": Incident(
        "A section of the configuration was ignored without a word.",
        "An unknown key is an error with its line, and every value knows its source.",
    ),
    "B40": Incident(
        "A fill during a cancel was missed; fills of one millisecond came in the wrong order.",
        "Fills are booked by the venue's time and then along their starting positions, each once.",
    ),
    "B41": Incident(
        "An example began from position zero, ignored what was there and never reconnected.",
        "The venue's account is the anchor: nothing is placed before it was read and earlier orders are gone.",
    ),
    "B42": Incident(
        "The screen took the engine down with it, or a terminal that was not read stopped it.",
        "The engine runs on whatever becomes of the terminal and never waits for it.",
    ),
}
