"""What the tests of the constructor share."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from livekit_plugins_voicelive import RealtimeModel

ENDPOINT = "https://my-resource.services.ai.azure.com"
CHAT = "byom-azure-openai-chat-completion"
CLAUDE = "byom-foundry-anthropic-messages"
REALTIME = "byom-azure-openai-realtime"


def model_with(**options: Any) -> RealtimeModel:
    return RealtimeModel(**({"endpoint": ENDPOINT, "api_key": "key"} | options))


def query(model: RealtimeModel) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(model.endpoint.url).query))
