"""What the subcommands do that need no engine: configuration, account, emergency verbs, local exchange."""
