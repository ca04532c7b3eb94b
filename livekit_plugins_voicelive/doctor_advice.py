"""What each failure that the doctor meets means, and the exact next step. Pure functions of what was asked and answered."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from . import errors
from .address import is_azures, resource_at
from .endpoint import Endpoint
from .environment import named
from .protocol.response import Response
from .protocol.server_events import ErrorDetails
from .protocol.wire_struct import given

MAX_WORDS = 300
"""Characters of the service's own that are shown."""


@dataclass(frozen=True)
class Advice:
    """A failed check, why it failed, and what to do."""

    check: str
    cause: str
    next_step: str


class Failed(Exception):
    """A check failed."""

    def __init__(self, advice: Advice) -> None:
        super().__init__(advice.cause)
        self.advice = advice


UNTOLD = "RESOURCE"
"""Stands in commands for the resource's name where the address does not tell it."""


def resource_of(endpoint: Endpoint) -> str:
    """The name of the resource, for commands."""
    return resource_at(endpoint.base) or UNTOLD


def _untold(endpoint: Endpoint) -> str:
    return "" if resource_at(endpoint.base) else f" ({UNTOLD} stands for your resource's name)"


def grant(endpoint: Endpoint) -> str:
    """Give the resource's own identity its role on the resource that holds the model, in three commands.

    Source: Voice Live, bring your own model, permissions.
    """
    resource, model_resource = resource_of(endpoint), endpoint.foundry_resource_override
    group = _lookup(resource, "resourceGroup")
    account = f"az cognitiveservices account identity %s --name {resource} --resource-group {group}"
    return "\n".join(
        (
            account % "assign",
            f"PRINCIPAL=$({account % 'show'} --query principalId --output tsv)",
            "az role assignment create --assignee-object-id $PRINCIPAL "
            '--assignee-principal-type ServicePrincipal --role "Azure AI User" '
            f"--scope {_lookup(model_resource or resource, 'id')}",
        )
    )


def _lookup(resource: str, field: str) -> str:
    return f'"$(az cognitiveservices account list --query "[?name==\'{resource}\'].{field}" --output tsv)"'


def refused_handshake(endpoint: Endpoint, status: int, body: str) -> Advice:
    """The upgrade was answered with an HTTP status. The service publishes no table of them: this is HTTP's own sense."""
    advice = _by_status(endpoint, status, body.lower())
    return replace(advice, cause=f"{advice.cause}{_said(body)}")


def _said(body: str) -> str:
    """The service's own words, in brackets; a handshake holds no speech."""
    try:
        error = json.loads(body)["error"]
        words = f"{error['code']}: {error['message']}"
    except (ValueError, LookupError, TypeError):
        return ""
    return f" ({words[:MAX_WORDS]})"


def _elsewhere(status: int) -> Advice:
    if status < 300:
        detail = f"a web server answers there (HTTP {status}) that is no Voice Live"
    else:
        detail = f"the address redirects (HTTP {status}), and credentials are not sent elsewhere"
    return Advice("endpoint", detail, f"Set {named('endpoint')} to the resource's own address.")


def _by_status(endpoint: Endpoint, status: int, body: str) -> Advice:
    if status < 400:
        return _elsewhere(status)
    if status == 400 and "api-version" in body:
        return Advice(
            "api-version",
            f"the service does not know api-version {endpoint.api_version}",
            f"Set {named('api_version')} to 2026-07-15 or 2025-10-01, or leave it out.",
        )
    if status == 401:
        return _unauthorized(endpoint)
    if status == 404 and "deployment" in body:
        return Advice("model", "the service does not find the deployment", _check_model(endpoint))
    by_status = {
        400: Advice(
            "model", "the service refuses the request's parameters", _check_model(endpoint)
        ),
        403: Advice(
            "sign-in",
            "who you are is known, and may not use this resource",
            'Give the caller the roles "Cognitive Services User" and "Azure AI User" on it: az role assignment '
            'create --assignee <you> --role "Cognitive Services User" --scope '
            f"{_lookup(resource_of(endpoint), 'id')}, and the same for the other{_untold(endpoint)}. Then check the "
            "resource's network rules.",
        ),
        404: Advice(
            "endpoint",
            "there is no Voice Live at this address",
            f"Set {named('endpoint')} to a Foundry (AI Services) resource in a region with Voice Live, such as "
            f"https://{resource_at(endpoint.base) or 'my-resource'}.services.ai.azure.com.",
        ),
        429: Advice(
            "quota",
            "the resource takes 30 new connections a minute and a limited number of tokens, and has had them",
            "Wait a minute and try again; ask for more quota if calls come this fast.",
        ),
    }
    return by_status.get(
        status,
        Advice(
            "handshake",
            f"the service answered with HTTP {status}",
            "Try again in a few minutes, and look at https://status.azure.com.",
        ),
    )


def _unauthorized(endpoint: Endpoint) -> Advice:
    if endpoint.api_key is not None and not is_azures(endpoint.base):
        return Advice(
            "sign-in",
            "the key is not the one that this address expects",
            f"Set {named('api_key')} to the key of what runs there: the emulator's key is its --api-key.",
        )
    if endpoint.api_key is not None:
        return Advice(
            "sign-in",
            "the key is not one of this resource",
            f"Set {named('api_key')} to what this prints: az cognitiveservices account keys list --name "
            f"{resource_of(endpoint)} --resource-group {_lookup(resource_of(endpoint), 'resourceGroup')}"
            f"{_untold(endpoint)}",
        )
    return Advice(
        "sign-in",
        f"the token for {endpoint.scope} is not accepted",
        "Sign in to the resource's tenant (az login --tenant <tenant>), or set "
        f"{named('api_key')}.",
    )


def no_token(message: str) -> Advice:
    """The credential gave no token."""
    return Advice("sign-in", message, f"az login, or set {named('api_key')} to the resource's key.")


def refused_session(endpoint: Endpoint, error: ErrorDetails) -> Advice:
    """An ``error`` after the upgrade, instead of a session."""
    cause = f"the service connects, and then refuses: {_told(error)}"
    return Advice("model", cause, _check_model(endpoint))


def no_session(endpoint: Endpoint, timeout_s: float) -> Advice:
    """Nothing at all after the upgrade."""
    cause = f"the service connects, and begins no session within {timeout_s:g} s"
    return Advice("model", cause, f"{_again(timeout_s)} {_check_model(endpoint)}")


def _again(timeout_s: float) -> str:
    return f"Try again with --timeout {3 * timeout_s:g}."


def rejected_options(error: ErrorDetails) -> Advice:
    """An ``error`` that answers the session's configuration."""
    option = (given(error.param) or "").removeprefix("session.").split(".")[0]
    check = "voice" if option == "voice" else "session"
    step = (
        f"Change or leave out {named(option)}."
        if option
        else "Try again; leave out options one by one."
    )
    return Advice(check, f"the service rejects the configuration: {_told(error)}", step)


def silent_with(option: str) -> Advice:
    """One option makes the service fall silent."""
    return Advice(
        "session",
        f"with {named(option)} the service connects and stays silent; without it, it answers",
        f"Leave out {named(option)}, or set it to something simpler.",
    )


def failed_reply(endpoint: Endpoint, reason: str) -> Advice:
    """A reply ended as failed: behind a profile that mostly is a role, or a deployment's name."""
    if "rate_limit" in reason or "quota" in reason:
        return Advice("quota", reason, "Wait a minute and try again; ask for more quota.")
    if endpoint.byom_profile is None:
        return Advice("reply", reason, f"Try again; {_other_model(endpoint)}")
    return Advice(
        "reply",
        f"{reason}. Mostly that means that Voice Live cannot use the deployment {endpoint.model!r}",
        f"Check that a deployment of this name is on {_where(endpoint)}, {_let_it_be_used(endpoint)}",
    )


def empty_reply(endpoint: Endpoint, response: Response) -> Advice:
    """A reply that ended well, or was cut short, without a word."""
    details = response.status_details
    short = details.get("reason") if isinstance(details, dict) else None
    cause = f"the reply is empty ({response.status}{f', {short}' if short else ''})"
    if endpoint.byom_profile is None:
        limit = named("max_response_output_tokens")
        step = f"A low {limit} or a content filter leaves nothing to say; {_other_model(endpoint)}"
    else:
        step = (
            f"Ask the deployment {endpoint.model!r} in Foundry's playground. If it answers there, "
            f"{_let_it_be_used(endpoint)}"
        )
    return Advice("reply", cause, step)


def no_reply(endpoint: Endpoint, undone: str, timeout_s: float) -> Advice:
    """The service fell silent with every option, and with none; ``undone`` says at what."""
    cause = f"the service {undone} within {timeout_s:g} s, even with no options at all"
    if endpoint.byom_profile is None:
        return Advice("reply", cause, f"{_again(timeout_s)[:-1]}; {_other_model(endpoint)}")
    return Advice(
        "reply",
        cause,
        f"{_again(timeout_s)} Check that a deployment named {endpoint.model!r} is on {_where(endpoint)}, "
        f"{_let_it_be_used(endpoint)}",
    )


def _other_model(endpoint: Endpoint) -> str:
    if endpoint.agent is not None:
        return "else ask the agent in Foundry's playground, and check its model there."
    return "else try another model or region."


def _let_it_be_used(endpoint: Endpoint) -> str:
    return f"then let Voice Live use it{_untold(endpoint)}:\n{grant(endpoint)}"


def _check_model(endpoint: Endpoint) -> str:
    if endpoint.agent is not None:
        return f"Check {named('agent_name')} and {named('project_name')}."
    if endpoint.byom_profile is not None:
        return (
            f"Check that {named('model')} is the name of a deployment on {_where(endpoint)}, and that "
            f"{named('byom_profile')} is for that kind of model."
        )
    return (
        f"Check {named('model')}, and that the resource's region offers it. A deployment of your own needs "
        f"{named('byom_profile')}."
    )


def _where(endpoint: Endpoint) -> str:
    override = endpoint.foundry_resource_override
    name = override or resource_at(endpoint.base)
    return (
        f"the resource {name}" if name else f"the resource behind {urlsplit(endpoint.base).netloc}"
    )


def _told(error: ErrorDetails) -> str:
    message = given(error.message)
    return f"{errors.summary(error)}{f' ({message})' if message else ''}"
