"""The control socket: how other processes of the same user see a running engine and ask things of it."""
