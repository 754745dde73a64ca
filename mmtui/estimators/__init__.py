"""From the tape to numbers: one estimator a file, each with provenance, none that returns NaN."""
