"""What the subcommands do: configuration, account, emergency verbs, asking running engines, bundles, local exchange."""
