from types import SimpleNamespace

import pytest

from worker.call import load


@pytest.mark.parametrize(("jobs", "share"), [(0, 0.0), (5, 0.25), (20, 1.0), (25, 1.0)])
def test_load_is_the_share_of_calls_that_the_worker_takes(jobs: int, share: float) -> None:
    assert load(SimpleNamespace(active_jobs=[None] * jobs)) == share  # type: ignore[arg-type]


def test_the_share_is_of_the_calls_that_the_environment_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AGENT_MAX_JOBS", "10")
    assert load(SimpleNamespace(active_jobs=[None] * 5)) == 0.5  # type: ignore[arg-type]
