"""What happens: one ordered stream of events in, a list of intents out. Pure."""
