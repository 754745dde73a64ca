"""The account behind the key: who it is, and what the venue says it holds."""
