"""What each failure that the doctor meets means, and the exact next step. Pure functions of what was asked and answered."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from . import errors
from .endpoint import Endpoint
from .environment import named
from .protocol.server_events import ErrorDetails
from .protocol.wire_struct import given


@dataclass(frozen=True)
class Advice:
    """A failed check, why it failed, and what to do."""

    check: str
    cause: str
    next_step: str


def resource_of(endpoint: Endpoint) -> str:
    """The name of the resource, which is how its Azure address begins."""
    return (urlsplit(endpoint.base).hostname or "").split(".", 1)[0]


def _is_azures(endpoint: Endpoint) -> bool:
    """Whether the address can be a resource's: a number cannot, nor a name of the local network."""
    host = urlsplit(endpoint.base).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return "." in host
    return False


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
    if 300 <= status < 400:
        return Advice(
            "endpoint",
            f"the address redirects (HTTP {status}), and credentials are not sent elsewhere",
            f"Set {named('endpoint')} to the resource's own address.",
        )
    if status == 400 and "api-version" in body.lower():
        return Advice(
            "api-version",
            f"the service does not know api-version {endpoint.api_version}",
            f"Set {named('api_version')} to 2026-07-15 or 2025-10-01, or leave it out.",
        )
    if status == 401:
        return _unauthorized(endpoint)
    by_status = {
        400: Advice(
            "model", "the service refuses the request's parameters", _check_model(endpoint)
        ),
        403: Advice(
            "sign-in",
            "who you are is known, and may not use this resource",
            'Give the caller the roles "Cognitive Services User" and "Azure AI User" on it: az role assignment '
            'create --assignee <you> --role "Cognitive Services User" --scope '
            f"{_lookup(resource_of(endpoint), 'id')}, and the same for the other. Then check the resource's "
            "network rules.",
        ),
        404: Advice(
            "endpoint",
            "there is no Voice Live at this address",
            f"Set {named('endpoint')} to a Foundry (AI Services) resource in a region with Voice Live, such as "
            f"https://{resource_of(endpoint)}.services.ai.azure.com.",
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
    if endpoint.api_key is not None and not _is_azures(endpoint):
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
            f"{resource_of(endpoint)} --resource-group {_lookup(resource_of(endpoint), 'resourceGroup')}",
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
    return Advice("model", cause, _check_model(endpoint))


def rejected_options(error: ErrorDetails) -> Advice:
    """An ``error`` that answers the session's configuration."""
    option = (given(error.param) or "").removeprefix("session.").split(".")[0]
    check = "voice" if option == "voice" else "session"
    where = named(option) if option else "the option that the message names"
    return Advice(check, f"the service rejects it: {_told(error)}", f"Change or leave out {where}.")


def silent_with(option: str) -> Advice:
    """One option makes the service fall silent."""
    return Advice(
        "session",
        f"with {named(option)} the service connects and stays silent; without it, it answers",
        f"Leave out {named(option)}, or set it to something simpler.",
    )


def failed_reply(endpoint: Endpoint, reason: str) -> Advice:
    """A reply ended as failed: behind a profile that mostly is a role, or a deployment's name."""
    if endpoint.byom_profile is None:
        return Advice("reply", reason, "Try again; then try another model or region.")
    return Advice(
        "reply",
        f"{reason}. Voice Live could not use the deployment {endpoint.model!r}",
        f"Check that a deployment of this name is on {_where(endpoint)}, then let Voice Live use it:\n"
        f"{grant(endpoint)}",
    )


def no_reply(endpoint: Endpoint, timeout_s: float) -> Advice:
    """Silence with every option, and with none."""
    advice = failed_reply(endpoint, f"no reply within {timeout_s:g} s, even with no options at all")
    return Advice("reply", advice.cause, advice.next_step)


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
    return f"the resource {override or resource_of(endpoint)}"


def _told(error: ErrorDetails) -> str:
    message = given(error.message)
    return f"{errors.summary(error)}{f' ({message})' if message else ''}"
