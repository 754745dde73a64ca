"""The nouns: exact units, instruments, books, orders, positions, events, intents, commands, parameters and the view."""
