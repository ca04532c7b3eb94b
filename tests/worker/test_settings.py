import os
from pathlib import Path

import pytest

from livekit_plugins_voicelive import RealtimeModel
from worker import environment, settings
from worker.environment import load_environment
from worker.models import realtime_model
from worker.settings import Settings, WorkerSettings

ENDPOINT = "https://my-resource.services.ai.azure.com"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "AGENT_", "LIVEKIT_", "VOICELIVE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_VOICELIVE_ENDPOINT", ENDPOINT)


def model_of_the_environment() -> RealtimeModel:
    model = realtime_model()
    assert isinstance(model, RealtimeModel)
    return model


def test_an_endpoint_and_a_key_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_API_KEY", "key")
    model = model_of_the_environment()
    assert model.model == "gpt-realtime"
    assert model.capabilities.turn_detection


def test_every_variable_reaches_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AZURE_VOICELIVE_API_KEY": "key",
        "AZURE_VOICELIVE_MODEL": "my-deployment",
        "AZURE_VOICELIVE_BYOM_PROFILE": "byom-azure-openai-chat-completion",
        "AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE": "other-resource",
        "AZURE_VOICELIVE_VOICE": "en-US-AvaNeural",
        "AZURE_VOICELIVE_API_VERSION": "2025-10-01",
    }.items():
        monkeypatch.setenv(name, value)
    model = model_of_the_environment()
    assert model.endpoint.url == (
        "wss://my-resource.services.ai.azure.com/voice-live/realtime?api-version=2025-10-01"
        "&model=my-deployment&profile=byom-azure-openai-chat-completion"
        "&foundry-resource-override=other-resource"
    )
    assert model.session_fields["voice"] == {"type": "azure-standard", "name": "en-US-AvaNeural"}


def test_a_variable_left_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_API_KEY", "key")
    monkeypatch.setenv("AZURE_VOICELIVE_MODEL", "")
    monkeypatch.setenv("AZURE_VOICELIVE_VOICE", " ")
    model = model_of_the_environment()
    assert model.model == "gpt-realtime"
    assert "voice" not in model.session_fields


def test_instructions_of_microsofts_sample_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICELIVE_INSTRUCTIONS", "Be brief.")
    assert Settings().instructions == "Be brief."
    monkeypatch.setenv("AGENT_INSTRUCTIONS", "Be long.")
    assert Settings().instructions == "Be long."


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    local, shared = tmp_path / ".env.local", tmp_path / ".env"
    monkeypatch.setattr(environment, "ENV_FILES", [local, shared])
    # Set and removed through monkeypatch, so that it also removes what the files set.
    for name in ("AGENT_GREETING", "AGENT_INSTRUCTIONS"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    return local, shared


def test_the_real_environment_wins_and_local_files_come_before_shared_ones(
    files: tuple[Path, Path],
) -> None:
    local, shared = files
    local.write_text("AGENT_GREETING=local\nAZURE_VOICELIVE_ENDPOINT=https://file.example\n")
    shared.write_text("AGENT_GREETING=shared\nAGENT_INSTRUCTIONS=shared\n")
    load_environment()
    loaded = Settings()
    assert (loaded.greeting, loaded.instructions) == ("local", "shared")
    assert model_of_the_environment().endpoint.base == ENDPOINT.replace("https", "wss")


def test_a_line_not_filled_in_does_not_hide_another_files_value(files: tuple[Path, Path]) -> None:
    local, shared = files
    local.write_text("AGENT_GREETING=\n")
    shared.write_text("AGENT_GREETING=shared\n")
    load_environment()
    assert Settings().greeting == "shared"


def test_any_local_file_comes_before_any_shared_one() -> None:
    assert [path.name for path in environment.ENV_FILES] == [
        ".env.local",
        ".env.local",
        ".env",
        ".env",
    ]
    assert environment.ENV_FILES[0].parent.parent == environment.ENV_FILES[1].parent


def test_blank_settings_of_the_agent_keep_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AGENT_GREETING", "AGENT_AEC_WARMUP_S", "AGENT_MAX_JOBS"):
        monkeypatch.setenv(name, " ")
    assert Settings() == Settings(greeting=settings.GREETING, aec_warmup_s=3.0)
    assert WorkerSettings().max_jobs == 20
