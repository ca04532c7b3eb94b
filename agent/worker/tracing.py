"""OpenTelemetry by its own variables: LiveKit's spans and measurements of a call go where OTEL_EXPORTER_OTLP_ENDPOINT says.

What was said, instructions and tool arguments are stripped first, unless LIVEKIT_TELEMETRY_ALLOW_PII=1 lets them through.
"""

from __future__ import annotations

import os
from multiprocessing.util import Finalize

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from livekit.agents import JobProcess, telemetry

SERVICE_NAME = "voicelive-worker"
"""Unless OTEL_SERVICE_NAME says otherwise."""

ALLOW_CONTENT = "LIVEKIT_TELEMETRY_ALLOW_PII"


def start_tracing(process: JobProcess) -> None:
    """Prepare a process for calls, before it has one; without an endpoint nothing is exported."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", SERVICE_NAME)})
    if _exported("TRACES"):
        traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        content = None if ALLOW_CONTENT in os.environ else False
        telemetry.set_tracer_provider(traces, allow_pii=content)
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        # A process of multiprocessing leaves without running `atexit`.
        Finalize(None, traces.shutdown, exitpriority=1)
    if _exported("METRICS"):
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        metrics.set_meter_provider(meters)
        Finalize(None, meters.shutdown, exitpriority=1)


def _exported(signal: str) -> bool:
    """Whether one kind of telemetry has somewhere to go: ``TRACES`` or ``METRICS``."""
    if os.environ.get(f"OTEL_{signal}_EXPORTER", "otlp") == "none":
        return False
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return any(os.environ.get(name) for name in endpoints)
