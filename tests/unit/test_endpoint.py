from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from livekit_plugins_voicelive.address import resource_at, resource_name, websocket_base
from livekit_plugins_voicelive.endpoint import Endpoint
from livekit_plugins_voicelive.environment import from_environment, named
from livekit_plugins_voicelive.parameters import known_profile

HOST = "my-resource.services.ai.azure.com"


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (f"https://{HOST}", f"wss://{HOST}"),
        (f" https://{HOST}/ ", f"wss://{HOST}"),
        (f"wss://{HOST}", f"wss://{HOST}"),
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000"),
        (f"https://{HOST}/api/projects/mine", f"wss://{HOST}"),
        (f"https://{HOST}/voice-live/realtime", f"wss://{HOST}"),
        (f"https://{HOST}/voice-live/realtime/", f"wss://{HOST}"),
        ("https://gateway.example/azure", "wss://gateway.example/azure"),
        ("https://gateway.example/azure/voice-live/realtime", "wss://gateway.example/azure"),
        ("https://r.cognitiveservices.azure.com/", "wss://r.cognitiveservices.azure.com"),
        ("https://r.services.ai.azure.us/api/projects", "wss://r.services.ai.azure.us"),
        (f"https://{HOST}/openai/v1/", f"wss://{HOST}"),
        (f"https://{HOST}/models", f"wss://{HOST}"),
        (f"https://{HOST}/voice-live/realtime/calls", f"wss://{HOST}"),
        (
            "https://swedencentral.api.cognitive.microsoft.com/",
            "wss://swedencentral.api.cognitive.microsoft.com",
        ),
        ("http://[::1]:8000", "ws://[::1]:8000"),
    ],
)
def test_every_form_of_an_endpoint_is_reduced_to_its_websocket(given: str, base: str) -> None:
    assert websocket_base(given) == base


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "my-resource",
        "ftp://x.com",
        "https://",
        HOST,
        f"https://{HOST}:port",
        f"https://{HOST}:99999",
        "https://[::1",
        "https://<my-resource>.services.ai.azure.com",
        "https://my resource.example",
        "https://my..example",
        f"https://{'x' * 64}.example",
    ],
)
def test_what_is_no_address_is_refused_with_the_variable_to_set(wrong: str) -> None:
    with pytest.raises(ValueError, match="AZURE_VOICELIVE_ENDPOINT"):
        websocket_base(wrong)


def test_an_azure_openai_address_is_refused_with_the_right_one() -> None:
    with pytest.raises(ValueError, match=r"https://mine\.services\.ai\.azure\.com"):
        websocket_base("https://mine.openai.azure.com/openai/realtime")


def test_a_portals_address_is_refused_with_where_the_right_one_is_shown() -> None:
    with pytest.raises(ValueError, match=r"portal shows under keys and endpoint"):
        websocket_base("https://ai.azure.com/foundry/project")


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_a_key_does_not_travel_to_azure_unencrypted(scheme: str) -> None:
    with pytest.raises(ValueError, match=r"AZURE_VOICELIVE_ENDPOINT.*https://"):
        websocket_base(f"{scheme}://{HOST}")


@pytest.mark.parametrize(
    ("base", "name"),
    [
        (f"wss://{HOST}", "my-resource"),
        ("wss://r.cognitiveservices.azure.cn", "r"),
        ("wss://swedencentral.api.cognitive.microsoft.com", None),
        ("wss://gateway.example/azure", None),
        ("ws://127.0.0.1:8088", None),
    ],
)
def test_only_a_resources_own_address_tells_its_name(base: str, name: str | None) -> None:
    assert resource_at(base) == name


def query(endpoint: Endpoint) -> dict[str, list[str]]:
    return parse_qs(urlsplit(endpoint.url).query)


def test_the_url_names_version_and_model() -> None:
    endpoint = Endpoint(base=f"wss://{HOST}", model="gpt 4o/x")
    assert endpoint.url.startswith(f"wss://{HOST}/voice-live/realtime?")
    assert query(endpoint) == {"api-version": ["2026-07-15"], "model": ["gpt 4o/x"]}


def test_a_byom_url_names_profile_and_resource() -> None:
    endpoint = Endpoint(
        base=f"wss://{HOST}",
        model="my-deployment",
        byom_profile="byom-foundry-anthropic-messages",
        foundry_resource_override="other",
        extra_query={"debug": "on"},
    )
    assert query(endpoint) == {
        "api-version": ["2026-07-15"],
        "model": ["my-deployment"],
        "profile": ["byom-foundry-anthropic-messages"],
        "foundry-resource-override": ["other"],
        "debug": ["on"],
    }


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    assert known_profile(None) is None
    assert known_profile("byom-azure-openai-realtime") == "byom-azure-openai-realtime"
    with pytest.raises(ValueError, match=r"byom-foundry-anthropic-messages.*'byom-gemini'"):
        known_profile("byom-gemini")


@pytest.mark.parametrize(
    "given",
    [
        "other",
        "Other",
        "other.services.ai.azure.com",
        "other.services.ai.azure.com:443",
        f"https://other.{HOST}/",
        "https://other.services.ai.azure.com/api/projects/mine",
    ],
)
def test_the_override_is_reduced_to_the_bare_name(given: str) -> None:
    assert resource_name(given) == "other"


def test_an_override_without_a_name_is_refused() -> None:
    assert resource_name(None) is None
    for wrong in ("https://", "https://[::1", "/subscriptions/1/accounts/other", "a b"):
        with pytest.raises(ValueError, match="FOUNDRY_RESOURCE_OVERRIDE"):
            resource_name(wrong)


def test_the_first_variable_that_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment("model") is None
    monkeypatch.setenv("AZURE_VOICELIVE_MODEL", " ")
    monkeypatch.setenv("VOICELIVE_MODEL", " value ")
    assert from_environment("model") == "value"


def test_a_message_names_the_variable_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert named("endpoint") == "`endpoint` (AZURE_VOICELIVE_ENDPOINT)"
    monkeypatch.setenv("AZURE_VOICE_LIVE_ENDPOINT", "my-resource")
    assert named("endpoint") == "`endpoint` (AZURE_VOICE_LIVE_ENDPOINT)"
    monkeypatch.setenv("AZURE_VOICELIVE_ENDPOINT", "my-resource")
    assert named("endpoint") == "`endpoint` (AZURE_VOICELIVE_ENDPOINT)"
    assert named("credential") == "`credential`"


async def test_a_key_goes_into_its_header_and_nowhere_else() -> None:
    endpoint = Endpoint(base=f"wss://{HOST}", model="m", api_key="secret-key")
    assert (await endpoint.handshake())[1]["api-key"] == "secret-key"
    assert "secret-key" not in repr(endpoint) + endpoint.url


async def test_a_credential_is_asked_for_a_fresh_token_every_time() -> None:
    class Credential:
        asked: list[str]

        def __init__(self) -> None:
            self.asked = []

        async def get_token(self, *scopes: str, **_: object) -> SimpleNamespace:
            self.asked += scopes
            return SimpleNamespace(token=f"token-{len(self.asked)}")

    credential = Credential()
    endpoint = Endpoint(base=f"wss://{HOST}", model="m", credential=credential)
    headers = [(await endpoint.handshake())[1] for _ in range(2)]
    assert [h["Authorization"] for h in headers] == ["Bearer token-1", "Bearer token-2"]
    assert credential.asked == ["https://ai.azure.com/.default"] * 2
    assert headers[0]["x-ms-client-request-id"] != headers[1]["x-ms-client-request-id"]


async def test_a_token_provider_may_be_plain_or_async() -> None:
    async def provide() -> str:
        return "later"

    for provider, token in (
        (lambda: "now\n", "now"),
        (provide, "later"),
        (lambda: SimpleNamespace(token="whole"), "whole"),
    ):
        endpoint = Endpoint(base=f"wss://{HOST}", model="m", credential=provider)
        assert (await endpoint.handshake())[1]["Authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("answer", [None, "", b"token", 5, "to\nken", "t\u00f6ken"])
async def test_what_is_no_token_is_never_sent(answer: object) -> None:
    endpoint = Endpoint(base=f"wss://{HOST}", model="m", credential=lambda: answer)
    with pytest.raises(ValueError, match="returned no token"):
        await endpoint.handshake()
