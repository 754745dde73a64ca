"""Incident bundles: what is needed to look into what happened, in one file without secrets."""
