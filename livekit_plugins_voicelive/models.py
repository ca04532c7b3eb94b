"""Known names, for editors to complete, and what kind of model answers behind one.

Unknown names stay possible: the service adds models and voices all the time.
"""

from typing import Literal

NativeModel = Literal[
    "gpt-realtime",
    "gpt-realtime-mini",
    "gpt-realtime-1.5",
    "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini",
    "azure-realtime",
    "phi4-mm-realtime",
]

NATIVE_BUT_NOT_OPENAI = ("azure-realtime", "phi4-mm-realtime")
"""They have neither OpenAI's voices nor its turn detection, noise reduction and transcribers."""

CascadedModel = Literal[
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4.1-nano",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-5.1",
    "gpt-5.2",
    "gpt-5.4",
]

Model = NativeModel | CascadedModel
"""Managed models (September 2026). With a BYOM profile the model is the name of your deployment instead."""

ByomProfile = Literal[
    "byom-azure-openai-realtime",
    "byom-azure-openai-chat-completion",
    "byom-foundry-anthropic-messages",
]
"""How Voice Live reaches a model of your own."""

OpenAIVoiceName = Literal[
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse"
]
"""Voices of the native OpenAI realtime models."""

ModelKind = Literal["native", "cascade", "agent", "unknown"]
"""``native`` models hear and speak themselves. A ``cascade`` is speech to text, a text model, and Azure's text to speech; so
is an ``agent`` of Foundry's Agent Service."""


def kind_of(model: str | None, profile: str | None) -> ModelKind:
    """What answers. A deployment's name says nothing, so a profile decides alone; without a model it is an agent.

    Source: Voice Live overview, and the page on bringing your own model. A managed model of a family that came later is
    ``unknown``, and nothing is held against it.
    """
    if model is None:
        return "agent"
    if profile is not None:
        return "native" if profile == "byom-azure-openai-realtime" else "cascade"
    if "realtime" in model:
        return "native"
    return "cascade" if model.startswith(("gpt-4", "gpt-5", "phi4-mini")) else "unknown"
