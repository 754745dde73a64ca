"""The process that rehearses beside an engine: a charge comes in, progress and the comparison go out."""

import msgspec

from mmtui.errors import MmtuiError
from mmtui.research.rehearsal.comparing import compare
from mmtui.runtime.consulting.aside import say, take_charge
from mmtui.runtime.consulting.rehearsing import Charge, Compared

CPU_S = 300


def main() -> None:
    """Compares, or says why not."""
    charge = msgspec.json.decode(take_charge(cpu_s=CPU_S), type=Charge)
    try:
        compared = compare(charge, lambda text: say(msgspec.json.encode(text)))
    except MmtuiError as error:
        compared = Compared(trouble=str(error))
    say(msgspec.json.encode(compared))


if __name__ == "__main__":
    main()
