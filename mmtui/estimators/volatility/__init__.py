"""Volatility in economic time: the volume clock, realised and bipower variation, jumps, forecasts."""
