"""What the page on running workers and the example environment name is what there is."""

from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic_settings import BaseSettings

from worker.apology import ERROR_TOPIC
from worker.call_report import FIGURES_TOPIC
from worker.call_settings import CallMetadata
from worker.measurements import METRICS
from worker.models import FallbackSettings
from worker.redispatch import RedispatchSettings
from worker.settings import Settings, WorkerSettings
from worker.tools import TOOLS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", [*CallMetadata.model_fields, *TOOLS, FIGURES_TOPIC, ERROR_TOPIC])
def test_the_page_names_all_that_a_call_may_ask_for_and_is_told(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("name", METRICS)
def test_the_page_names_every_metric(name: str) -> None:
    [metric] = METRICS[name].describe()
    suffix = "_total" if metric.type == "counter" else ""
    assert f"`{metric.name}{suffix}" in PAGE


@pytest.mark.parametrize("kind", [Settings, WorkerSettings, FallbackSettings, RedispatchSettings])
def test_the_example_environment_has_every_variable(kind: type[BaseSettings]) -> None:
    known = dotenv_values(ROOT / ".env.example")
    for field in kind.model_fields.values():
        alias = field.validation_alias
        name = alias if isinstance(alias, str) else getattr(alias, "choices")[0]  # noqa: B009
        assert name in known
