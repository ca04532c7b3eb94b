import json
import os
from typing import Any

import pytest

from livekit.agents.llm import RealtimeModelFallbackAdapter
from livekit_plugins_voicelive import RealtimeModel
from worker.assistant import Assistant
from worker.call_settings import CallMetadata, CallRefused, CallSettings
from worker.models import name_of
from worker.settings import GREETING

SECRET = "do-not-log-this"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "AGENT_", "LIVEKIT_", "VOICELIVE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_VOICELIVE_ENDPOINT", "https://my-resource.services.ai.azure.com")
    monkeypatch.setenv("AZURE_VOICELIVE_API_KEY", "key")
    return monkeypatch


def model_of(**asked: Any) -> RealtimeModel:
    model = CallSettings(json.dumps(asked)).realtime_model()
    assert isinstance(model, RealtimeModel)
    return model


def tools_of(settings: CallSettings) -> list[str]:
    return [tool.id for tool in Assistant(settings).tools]


@pytest.mark.parametrize("metadata", ["", "  ", "{}"])
def test_a_call_that_asks_for_nothing_gets_what_the_environment_says(
    metadata: str, bare_environment: pytest.MonkeyPatch
) -> None:
    bare_environment.setenv("AGENT_INSTRUCTIONS", "Be brief.")
    settings = CallSettings(metadata)
    assert (settings.instructions, settings.greeting) == ("Be brief.", GREETING)
    assert tools_of(settings) == ["get_time", "convert"]
    assert not settings.text_only


def test_a_call_brings_its_own_words_tools_model_and_voice(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    bare_environment.setenv("AGENT_GREETING", "Greet.")
    bare_environment.setenv("AZURE_VOICELIVE_VOICE", "alloy")
    asked = {
        "model": "my-deployment",
        "byom_profile": "byom-azure-openai-chat-completion",
        "voice": "de-DE-KatjaNeural",
        "instructions": "Be long.",
        "greeting": "Sing.",
        "tools": ["convert"],
    }
    settings = CallSettings(json.dumps(asked))
    assert (settings.instructions, settings.greeting) == ("Be long.", "Sing.")
    assert tools_of(settings) == ["convert"]
    model = model_of(**asked)
    assert model.model == "my-deployment"
    assert "profile=byom-azure-openai-chat-completion" in model.endpoint.url
    assert model.session_fields["voice"]["name"] == "de-DE-KatjaNeural"


def test_a_call_may_have_no_tools() -> None:
    assert tools_of(CallSettings('{"tools": []}')) == []


def test_null_leaves_the_environments_own_deployment_for_a_managed_model(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    bare_environment.setenv("AZURE_VOICELIVE_MODEL", "my-deployment")
    bare_environment.setenv("AZURE_VOICELIVE_BYOM_PROFILE", "byom-azure-openai-realtime")
    bare_environment.setenv("AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE", "other-resource")
    assert "foundry-resource-override" in model_of().endpoint.url
    managed = model_of(model="gpt-realtime", byom_profile=None)
    assert managed.endpoint.url.endswith("model=gpt-realtime")


def test_a_call_that_names_a_model_means_it_instead_of_the_environments_agent(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    bare_environment.setenv("AZURE_VOICELIVE_AGENT_NAME", "my-agent")
    bare_environment.setenv("AZURE_VOICELIVE_PROJECT_NAME", "my-project")
    assert model_of().model == "my-agent"
    assert model_of(model="gpt-realtime").model == "gpt-realtime"


@pytest.mark.parametrize(
    ("model", "language"), [("gpt-realtime", "de"), ("gpt-4.1", "de-DE")], ids=["openai", "azure"]
)
def test_the_language_is_told_to_the_transcriber_as_it_wants_it(model: str, language: str) -> None:
    fields = model_of(model=model, language="de-DE").session_fields
    assert fields["input_audio_transcription"]["language"] == language


def test_the_environments_language_is_that_of_calls_without_one(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    bare_environment.setenv("AGENT_LANGUAGE", "fr-FR")
    assert model_of().session_fields["input_audio_transcription"]["language"] == "fr"
    fields = model_of(language="it-IT").session_fields
    assert fields["input_audio_transcription"]["language"] == "it"


def test_a_text_only_call_asks_for_no_speech() -> None:
    assert model_of(text_only=True).session_fields["modalities"] == ["text"]


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (json.dumps({"api_key": SECRET}), "`api_key` is not one of model, byom_profile"),
        (json.dumps({"colour": SECRET, "voice": 7}), "`voice` should be a valid string"),
        (json.dumps({"tools": ["get_time", SECRET]}), "`tools` names one that this worker"),
        (json.dumps({"text_only": SECRET}), "`text_only` should be a valid boolean"),
        (f"instructions={SECRET}", "is not JSON"),
        (json.dumps([SECRET]), "must be a JSON object"),
    ],
)
def test_metadata_that_cannot_be_obeyed_is_refused_by_key_and_without_values(
    metadata: str, words: str
) -> None:
    with pytest.raises(CallRefused) as refused:
        CallSettings(metadata)
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_settings_that_do_not_go_together_are_refused_by_their_keys() -> None:
    settings = CallSettings('{"byom_profile": "byom-gemini", "model": "m"}')
    with pytest.raises(CallRefused, match=r"the call set `byom_profile`, `model`") as refused:
        settings.realtime_model()
    assert "byom-foundry-anthropic-messages" in str(refused.value.__cause__)


def test_what_a_caller_is_told_to_be_does_not_show_in_a_representation() -> None:
    assert SECRET not in repr(CallMetadata(instructions=SECRET, greeting=SECRET))


def fallback_of(environment: pytest.MonkeyPatch, **variables: str) -> list[RealtimeModel]:
    for name, value in variables.items():
        environment.setenv(f"AZURE_VOICELIVE_{name}", value)
    adapter = CallSettings().realtime_model()
    assert isinstance(adapter, RealtimeModelFallbackAdapter)
    models = [model for model in adapter._models if isinstance(model, RealtimeModel)]
    assert name_of(adapter) == models[0].model
    return models


def test_a_managed_model_stands_behind_ones_own_deployment(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    own, managed = fallback_of(
        bare_environment,
        MODEL="my-deployment",
        BYOM_PROFILE="byom-azure-openai-realtime",
        FOUNDRY_RESOURCE_OVERRIDE="other-resource",
        FALLBACK_MODEL="gpt-realtime",
    )
    assert own.model == "my-deployment"
    assert managed.endpoint.url.endswith("model=gpt-realtime")


def test_another_deployment_can_stand_behind_an_agent(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    agent, own = fallback_of(
        bare_environment,
        AGENT_NAME="my-agent",
        PROJECT_NAME="my-project",
        FALLBACK_MODEL="second",
        FALLBACK_BYOM_PROFILE="byom-azure-openai-chat-completion",
    )
    assert agent.model == "my-agent"
    assert "profile=byom-azure-openai-chat-completion" in own.endpoint.url
