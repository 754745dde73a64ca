"""Subscriptions: who hears what, when, over which socket."""
