"""The process that makes one bundle beside an engine: a charge comes in, where the bundle is goes out."""

import msgspec

from mmtui.errors import MmtuiError
from mmtui.runtime.consulting.aside import say, take_charge
from mmtui.runtime.incident.contents import Charge, Made, make

CPU_S = 120


def main() -> None:
    """Makes the bundle, or says why not."""
    charge = msgspec.json.decode(take_charge(cpu_s=CPU_S), type=Charge)
    try:
        made = make(charge)
    except MmtuiError as error:
        made = Made(trouble=str(error))
    say(msgspec.json.encode(made))


if __name__ == "__main__":
    main()
