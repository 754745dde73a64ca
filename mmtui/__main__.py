"""``python -m mmtui``: the command line."""

from mmtui.cli import main

raise SystemExit(main())
