"""Prometheus metrics of calls, counted in the worker's main process.

Each call has a process of its own that ends with it, and a counter there would end too. LiveKit carries the log records of
those processes to the main one, so a measurement travels as a record of a logger that writes nothing. Prometheus' own way, files
that all processes share, leaves files behind for every call.
"""

from __future__ import annotations

import logging

from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

logger = logging.getLogger("livekit.agents.voicelive-worker.measurements")

SECONDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
MINUTES = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600)

METRICS: dict[str, MetricWrapperBase] = {
    "calls": Counter("voicelive_calls", "Calls that ended, by how they ended", ["ended"]),
    "call_duration": Histogram(
        "voicelive_call_duration_seconds", "From a call's first to its last moment", buckets=MINUTES
    ),
    "turns": Counter("voicelive_turns", "Replies, greetings and sentences of the agent"),
    "barge_ins": Counter("voicelive_barge_ins", "Turns that the user cut short"),
    "turn_latency": Histogram(
        "voicelive_turn_latency_seconds",
        "From the detected end of the user's speech to the first sound of the reply",
        buckets=SECONDS,
    ),
    "first_audio": Histogram(
        "voicelive_first_audio_seconds",
        "From the beginning of a response at the service to its first audio",
        buckets=SECONDS,
    ),
    "tool_calls": Counter("voicelive_tool_calls", "Calls of a tool", ["tool"]),
    "tokens": Counter("voicelive_tokens", "Tokens of the model", ["model", "direction"]),
    "reconnects": Counter(
        "voicelive_reconnects", "Connections to the service that were lost and replaced"
    ),
    "errors": Counter("voicelive_errors", "Errors, recoverable or not, by kind", ["kind"]),
}
"""By the name that :func:`measure` knows them by."""


def measure(name: str, value: float = 1.0, **labels: str) -> None:
    """Count one of ``METRICS``, from whatever process."""
    logger.info("measurement", extra={"measurement": (name, value, labels)})


def collect() -> None:
    """Count here, in this process, what is measured anywhere in the worker."""
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(_Collector())


class _Collector(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        name, value, labels = getattr(record, "measurement")  # noqa: B009
        metric = METRICS[name]
        series = metric.labels(**labels) if labels else metric
        if isinstance(series, Histogram):
            series.observe(value)
        elif isinstance(series, Counter):
            series.inc(value)
