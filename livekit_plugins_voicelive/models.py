"""Known names, for editors to complete. Unknown ones stay possible: the service adds models and voices all the time."""

from typing import Literal

Model = Literal[
    "gpt-realtime",
    "gpt-realtime-mini",
    "gpt-realtime-1.5",
    "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini",
    "azure-realtime",
    "phi4-mm-realtime",
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
