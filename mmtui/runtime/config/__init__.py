"""Configuration: reading it from all its sources, and writing the file."""

from mmtui.runtime.config.loading import LoadedConfig, load

__all__ = ["LoadedConfig", "load"]
