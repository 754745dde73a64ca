"""Hindsight: back-tests, sweeps, reports and drills."""
