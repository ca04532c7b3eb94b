from types import SimpleNamespace

import pytest

from worker.worker import FULL, Worker, load


def load_of(jobs: int) -> float:
    return load(SimpleNamespace(active_jobs=[None] * jobs))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_limit_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENT_MAX_JOBS", raising=False)


def test_the_load_grows_with_the_calls_and_not_with_the_machines_work() -> None:
    assert load_of(0) == 0
    assert load_of(10) == pytest.approx(FULL / 2)
    assert load_of(100) == 1.0


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10, 20, 33])
def test_the_worker_takes_as_many_calls_as_it_is_allowed_and_no_more(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setenv("AGENT_MAX_JOBS", str(limit))
    assert load_of(limit - 1) < FULL <= load_of(limit)


def test_the_worker_in_production_declines_at_that_load() -> None:
    assert Worker()._load_threshold.prod_default == FULL  # type: ignore[union-attr]


def test_a_limit_left_blank_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_MAX_JOBS", "")
    assert load_of(20) == FULL
