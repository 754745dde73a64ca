"""Fits to recorded markets: what a recording says about the models' priors, and how well."""
