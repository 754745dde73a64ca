"""Metrics: their table over the view, and the server that Prometheus asks."""

from mmtui.runtime.metrics.collector import exposition
from mmtui.runtime.metrics.server import MetricsServer, serve_metrics

__all__ = ["MetricsServer", "exposition", "serve_metrics"]
