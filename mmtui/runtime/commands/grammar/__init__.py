"""The command line as tables: flags, and each subcommand with its arguments. Standard library only, for --help."""
