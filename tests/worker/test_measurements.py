from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from worker import measurements
from worker.measurements import METRICS, collect, measure


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    collect()
    yield
    measurements.logger.handlers.clear()
    measurements.logger.propagate = True


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_counter_goes_up_by_what_was_measured() -> None:
    before = value("voicelive_tokens_total", model="m", direction="input")
    measure("tokens", 7, model="m", direction="input")
    measure("tokens", 5, model="m", direction="input")
    assert value("voicelive_tokens_total", model="m", direction="input") == before + 12


def test_a_duration_falls_into_its_bucket() -> None:
    below, above = (
        value("voicelive_turn_latency_seconds_bucket", le="0.6"),
        value("voicelive_turn_latency_seconds_bucket", le="0.8"),
    )
    measure("turn_latency", 0.7)
    assert value("voicelive_turn_latency_seconds_bucket", le="0.6") == below
    assert value("voicelive_turn_latency_seconds_bucket", le="0.8") == above + 1


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_its_service_in_its_name(name: str) -> None:
    [metric] = METRICS[name].describe()
    assert metric.name.startswith("voicelive_")
    assert metric.documentation
