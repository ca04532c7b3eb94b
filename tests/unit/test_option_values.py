"""The values of options: what a message calls right is taken, what is beyond a limit is not, and Azure's SDK reads the rest."""

from typing import Any

import pytest
from azure.ai.voicelive import models as sdk

import livekit_plugins_voicelive as plugin
from livekit_plugins_voicelive.limits import RANGES, WORDS, beyond_limits
from livekit_plugins_voicelive.option_value import EXAMPLES
from tests.emulated.sdk_models import undeclared
from tests.unit.model_arguments import (
    model_with,
)


@pytest.mark.parametrize("option", EXAMPLES)
def test_the_value_that_a_message_calls_right_is_taken(option: str) -> None:
    for example in EXAMPLES[option].split(", or "):
        model_with(model="gpt-5", **{option: eval(example, vars(plugin))})


@pytest.mark.parametrize("path", [*RANGES, *WORDS])
def test_every_limit_is_kept_and_says_of_what(path: str) -> None:
    option, *parts = path.split(".")

    def session(value: Any) -> dict[str, Any]:
        for part in reversed(parts):
            value = {part: value}
        return {option: value}

    right = RANGES[path][0] if path in RANGES else WORDS[path][0]
    assert not [*beyond_limits(session(right))]
    for wrong in (-1, float("inf")) if path in RANGES else ("telepathic", ["telepathic"]):
        [sentence] = beyond_limits(session(wrong))
        assert sentence.startswith(f"`{option}`")
        assert parts[-1:] == [] or parts[-1] in sentence


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("output_audio_timestamp_types", sdk.AudioTimestampType),
        ("animation.outputs", sdk.AnimationOutputType),
        ("interim_response.triggers", sdk.InterimResponseTrigger),
        ("reasoning_effort", sdk.ReasoningEffort),
        ("include", sdk.SessionIncludeOption),
        ("turn_detection.end_of_utterance_detection.threshold_level", sdk.EouThresholdLevel),
    ],
)
def test_no_word_that_azures_sdk_has_is_refused(path: str, words: Any) -> None:
    assert {word.value for word in words} <= set(WORDS[path])


VOICES = [
    {"type": "azure-standard", "name": "en-US-AvaNeural", "prefer_locales": ["en-GB"]},
    {"type": "azure-custom", "name": "mine", "endpoint_id": "id"},
    {"type": "azure-personal", "name": "mine", "model": "DragonLatestNeural"},
]

DETECTORS = ["server_vad", "azure_semantic_vad", "azure_semantic_vad_multilingual"]

ENDS = ["semantic_detection_v1", "semantic_detection_v1_en", "semantic_detection_v1_multilingual"]


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice["type"])
@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("end", ENDS)
def test_azures_sdk_reads_every_session_as_it_was_meant(
    voice: dict[str, Any], detector: str, end: str
) -> None:
    detection = {
        "type": detector,
        "silence_duration_ms": 300,
        "end_of_utterance_detection": {"model": end, "threshold_level": "low"},
    }
    model = model_with(model="gpt-4.1", voice=voice, turn_detection=detection)
    session = sdk.RequestSession(model.session_fields)
    assert session.as_dict() == model.session_fields
    assert undeclared(session) == []
    assert undeclared(sdk.AzureVoice._deserialize(model.session_fields["voice"], [])) == []
    assert session.turn_detection.type == detector
    assert session.turn_detection.end_of_utterance_detection.model == end
