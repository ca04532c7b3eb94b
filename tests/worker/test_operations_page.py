"""What the page on running workers and the example environment name is what there is."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import AliasChoices
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
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", [*CallMetadata.model_fields, *TOOLS, FIGURES_TOPIC, ERROR_TOPIC])
def test_the_page_names_all_that_a_call_may_ask_for_and_is_told(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("name", METRICS)
def test_the_page_names_every_metric(name: str) -> None:
    [metric] = METRICS[name].describe()
    suffix = "_total" if metric.type == "counter" else ""
    assert f"`{metric.name}{suffix}" in PAGE


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (WorkerSettings, "max_jobs"),
        (WorkerSettings, "register_retries"),
        (Settings, "aec_warmup_s"),
        (RedispatchSettings, "patience_s"),
    ],
)
def test_the_example_environment_tells_the_defaults(kind: type[BaseSettings], field: str) -> None:
    described = kind.model_fields[field]
    comment = EXAMPLE.partition(f"\n{described.alias}=")[0].splitlines()[-1]
    assert re.search(rf": {described.default:g}\b", comment)


def test_the_page_names_the_default_of_calls_and_both_names_of_the_instructions() -> None:
    most = WorkerSettings.model_fields["max_jobs"].default
    assert f"up to {most} at a time (`AGENT_MAX_JOBS`)" in PAGE
    aliases = Settings.model_fields["instructions"].validation_alias
    assert isinstance(aliases, AliasChoices)
    assert all(f"`{name}`" in PAGE for name in aliases.choices)


@pytest.mark.parametrize("kind", [Settings, WorkerSettings, FallbackSettings, RedispatchSettings])
def test_the_example_environment_has_every_variable(kind: type[BaseSettings]) -> None:
    known = dotenv_values(ROOT / ".env.example")
    for field in kind.model_fields.values():
        alias = field.validation_alias
        name = alias if isinstance(alias, str) else getattr(alias, "choices")[0]  # noqa: B009
        assert name in known
