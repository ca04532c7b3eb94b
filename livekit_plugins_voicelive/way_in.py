"""Arguments and environment to an endpoint: which model or agent, at which address, with which credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from livekit.agents import NOT_GIVEN, NotGivenOr
from livekit.agents.utils import is_given

from .address import resource_name, websocket_base
from .credentials import DEFAULT_SCOPE, Credential, DefaultCredential, TokenSource
from .endpoint import Endpoint
from .environment import from_environment, given_or_environment, named, text
from .foundry_agent import Agent, ClassicAgent
from .parameters import (
    DEFAULT_API_VERSION,
    PARAMETERS,
    dated_version,
    further_headers,
    further_query,
    known_profile,
    own_query,
)

DEFAULT_MODEL = "gpt-realtime"


def _address(endpoint: NotGivenOr[str | None]) -> str:
    address = given_or_environment("endpoint", endpoint or NOT_GIVEN)
    if not address:
        raise ValueError(
            f"{named('endpoint')} is missing: it is your resource's address, such as "
            "https://my-resource.services.ai.azure.com"
        )
    return address


def way_in(
    *,
    endpoint: NotGivenOr[str | None] = NOT_GIVEN,
    api_version: NotGivenOr[str | None] = NOT_GIVEN,
    model: NotGivenOr[str | None] = NOT_GIVEN,
    byom_profile: NotGivenOr[str | None] = NOT_GIVEN,
    foundry_resource_override: NotGivenOr[str | None] = NOT_GIVEN,
    agent: Agent | ClassicAgent | None = None,
    api_key: NotGivenOr[str | None] = NOT_GIVEN,
    credential: NotGivenOr[Credential | None] = NOT_GIVEN,
    use_default_credential: bool = False,
    credential_scope: str = DEFAULT_SCOPE,
    extra_query: Mapping[str, str] | None = None,
    extra_headers: Mapping[str, str] | None = None,
) -> Endpoint:
    """The endpoint of these arguments; what is not given comes from the environment.

    Raises:
        ValueError: an argument is missing or wrong, or two do not go together.
    """
    address = _address(endpoint)
    base, own = websocket_base(address), own_query(address)

    def chosen(parameter: str, value: NotGivenOr[str | None]) -> str | None:
        # The address may carry what no argument and no variable says; it is not sent twice.
        carried, argument = own.pop(parameter, None), PARAMETERS[parameter]
        wanted = given_or_environment(argument, value)
        return wanted if is_given(value) else wanted or carried

    version = dated_version(chosen("api-version", api_version) or DEFAULT_API_VERSION)
    name = chosen("model", model)
    profile = known_profile(chosen("profile", byom_profile))
    override = resource_name(chosen("foundry-resource-override", foundry_resource_override))
    _check_target(agent, name, profile, override)
    key, given_credential = _credentials(api_key, credential, use_default_credential)
    _check_key(agent, key)
    return Endpoint(
        base=base,
        model=None if agent is not None else name or DEFAULT_MODEL,
        agent=agent,
        api_version=version,
        byom_profile=profile,
        foundry_resource_override=override,
        api_key=key,
        credential=given_credential,
        scope=text("credential_scope", credential_scope) or DEFAULT_SCOPE,
        own_query=own,
        extra_query=further_query(extra_query),
        extra_headers=further_headers(extra_headers),
    )


def _check_key(agent: Agent | ClassicAgent | None, key: str | None) -> None:
    if key is not None and isinstance(agent, ClassicAgent):
        raise ValueError(
            "a classic agent (`agent_id`) is called with a token of Entra ID, not with a key: pass `credential`, or "
            f"`use_default_credential=True`, instead of {named('api_key')}"
        )


def _check_target(
    agent: Agent | ClassicAgent | None, model: str | None, profile: str | None, override: str | None
) -> None:
    if agent is not None:
        for argument, value in (("model", model), ("byom_profile", profile)):
            if value:
                # Reported: the service ignores both in silence, even names that do not exist.
                raise ValueError(
                    f"{named(argument)} does not go with {named(agent.argument)}: an agent brings its own "
                    "model. Leave one of them out"
                )
        return
    if override is not None and profile is None:
        raise ValueError(
            f"{named('foundry_resource_override')} says where your own model is: it needs "
            f"{named('byom_profile')}"
        )
    if profile is not None and not model:
        raise ValueError(
            f"{named('model')} is missing: with {named('byom_profile')} it is the name of your deployment"
        )


def _credentials(
    api_key: NotGivenOr[str | None],
    credential: NotGivenOr[Credential | None],
    use_default_credential: bool,
) -> tuple[str | None, TokenSource | None]:
    """A key, or what gives tokens; arguments count more than the environment."""
    if not isinstance(use_default_credential, bool | None):
        raise ValueError(
            f"`use_default_credential` must be True or False, not {type(use_default_credential).__name__}"
        )
    key = _clean_key("api_key", text("api_key", api_key or None))
    source: Any = credential if is_given(credential) else None
    given = [
        argument
        for argument, value in (
            ("`api_key`", key),
            ("`credential`", source),
            ("`use_default_credential`", use_default_credential),
        )
        if value
    ]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} exclude each other: pass one of them")
    if use_default_credential:
        return None, DefaultCredential()
    if source is None:
        key = key or _clean_key("api_key", from_environment("api_key"))
        return key, None if key else DefaultCredential()
    if isinstance(source, type):
        raise ValueError(f"`credential` is the class {source.__name__}: pass an object of it")
    if not hasattr(source, "get_token") and isinstance(getattr(source, "key", None), str):
        return _clean_key("credential", source.key), None
    if not hasattr(source, "get_token") and not callable(source):
        raise ValueError(
            "`credential` must be a credential of azure-identity, an AzureKeyCredential, or a function that "
            f"returns a token; got {type(source).__name__}"
        )
    return None, cast(TokenSource, source)


def _clean_key(argument: str, key: str | None) -> str | None:
    """The key without the line break that a file with a secret often ends in; None if nothing is left."""
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ValueError(
            f"{named(argument)} holds what no key does, such as a line break or a typographic quotation mark: copy "
            "the key once more"
        )
    return key or None
