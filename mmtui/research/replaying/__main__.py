"""The process that makes pictures for a replay: a charge comes in, pictures go out, a line each."""

import msgspec

from mmtui.errors import MmtuiError
from mmtui.research.replaying.pictures import Charge, play
from mmtui.runtime.consulting.aside import say, take_charge

CPU_S = 24 * 3600


def main() -> None:
    """Plays; the last line is what was wrong, or nothing."""
    charge = msgspec.json.decode(take_charge(cpu_s=CPU_S), type=Charge)
    trouble = ""
    try:
        play(charge, say)
    except MmtuiError as error:
        trouble = str(error)
    say(msgspec.json.encode(trouble))


if __name__ == "__main__":
    main()
