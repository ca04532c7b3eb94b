"""The table of profiles in `docs/byom.md`, held against what the constructor takes and refuses."""

import os
from pathlib import Path
from typing import Any

import pytest

from livekit_plugins_voicelive import RealtimeModel

PAGE = Path(__file__).parents[2] / "docs" / "byom.md"

PROFILES = (
    "byom-azure-openai-realtime",
    "byom-azure-openai-chat-completion",
    "byom-foundry-anthropic-messages",
)


def noise(kind: str) -> dict[str, Any]:
    return {"input_audio_noise_reduction": {"type": kind}}


def transcription(model: str, **options: Any) -> dict[str, Any]:
    return {"input_audio_transcription": {"model": model} | options}


TRIALS: dict[str, list[dict[str, Any]]] = {
    "OpenAI voices such as `alloy`": [{"voice": "alloy"}],
    "Azure voices, word timestamps": [
        {"voice": "en-US-AvaNeural", "output_audio_timestamp_types": ["word"]}
    ],
    "OpenAI's transcribers": [transcription("whisper-1"), transcription("gpt-4o-transcribe")],
    "phrase list, custom speech": [
        transcription("azure-speech", phrase_list=["Contoso"]),
        transcription("azure-speech", custom_speech={"en-US": "id"}),
    ],
    "Azure's semantic turn detection": [{"turn_detection": {"type": "azure_semantic_vad"}}],
    "`semantic_vad` of OpenAI": [{"turn_detection": {"type": "semantic_vad"}}],
    "near-field and far-field noise reduction": [noise("near_field"), noise("far_field")],
    "deep noise suppression, server echo cancellation": [
        noise("azure_deep_noise_suppression"),
        {"input_audio_echo_cancellation": {"type": "server_echo_cancellation"}},
    ],
    "interim responses": [{"interim_response": {"type": "llm_interim_response"}}],
}


def table() -> dict[str, list[str]]:
    section = PAGE.read_text(encoding="utf-8").split("## What each can and cannot")[1]
    rows = [line for line in section.split("##")[0].splitlines() if line.startswith("| ")][2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {name: verdicts for name, *verdicts in cells}


def model_with(profile: str, **options: Any) -> RealtimeModel:
    return RealtimeModel(
        endpoint="https://r.services.ai.azure.com",
        api_key="key",
        model="mine",
        byom_profile=profile,
        **options,
    )


@pytest.mark.parametrize("column", range(3), ids=PROFILES)
@pytest.mark.parametrize("row", TRIALS)
def test_what_the_page_calls_refused_is_refused_and_the_rest_is_taken(
    row: str, column: int
) -> None:
    for options in TRIALS[row]:
        if table()[row][column] == "refused":
            with pytest.raises(ValueError, match=PROFILES[column]):
                model_with(PROFILES[column], **options)
        else:
            model_with(PROFILES[column], **options)


@pytest.mark.parametrize("column", range(3), ids=PROFILES)
def test_the_page_names_the_transcriber_of_each_profile(column: int) -> None:
    fields = model_with(PROFILES[column]).session_fields
    told = table()["transcription by default"][column].strip("`")
    assert fields["input_audio_transcription"]["model"] == told


async def test_the_snippet_with_another_voice_needs_no_more_than_the_keys_it_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_VOICELIVE_ENDPOINT", "https://my-resource.services.ai.azure.com")
    monkeypatch.setenv("AZURE_VOICELIVE_API_KEY", "key")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key")
    section = PAGE.read_text(encoding="utf-8").split("## Your own voice")[1]
    assert "`AZURE_OPENAI_API_KEY`" in section
    made: dict[str, Any] = {}
    exec(section.split("```python\n")[1].split("```")[0], made)
    assert made["session"].tts.model == "gpt-4o-mini-tts"
    await made["session"].tts.aclose()


def test_every_row_but_the_costs_is_tried() -> None:
    assert table().keys() - TRIALS.keys() == {
        "transcription by default",
        "tokens of the model in the metrics",
    }
