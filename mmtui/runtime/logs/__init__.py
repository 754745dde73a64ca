"""Logging: the form of a line, its files, and the thread that writes."""

from mmtui.runtime.logs.lines import level_filter
from mmtui.runtime.logs.pipeline import Logs

__all__ = ["Logs", "level_filter"]
