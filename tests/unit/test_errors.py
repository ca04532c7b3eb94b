import pytest

from livekit_plugins_voicelive import errors
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails

SECRET = "the user said something"


def test_a_refusal_tells_code_and_field_and_repeats_no_speech() -> None:
    refusal = errors.refusal(
        "conversation.item.create",
        ErrorDetails(code="bad_item", param="item.content", message=SECRET),
    )
    assert refusal.code == "bad_item"
    assert str(refusal) == ("Voice Live refused conversation.item.create: bad_item at item.content")


def test_an_error_without_a_code_is_known_by_its_type() -> None:
    assert errors.code(ErrorDetails(type="server_error")) == "server_error"
    assert errors.summary(ErrorDetails()) == "unknown error"


@pytest.mark.parametrize("code", sorted(errors.FATAL_CODES))
def test_errors_that_cannot_heal_are_not_retried(code: str) -> None:
    details = ErrorDetails(code=code)
    assert errors.ends_connection(details)
    assert not errors.server_error(details).retryable
    assert not errors.failed_response({"error": {"code": code}}).retryable


def test_an_expired_session_is_begun_again() -> None:
    details = ErrorDetails(code="session_expired")
    assert errors.ends_connection(details)
    assert errors.server_error(details).retryable
    assert not errors.ends_connection(ErrorDetails(code="invalid_voice"))


def test_a_rejected_configuration_is_final_and_says_why() -> None:
    error = errors.rejected_session(
        ErrorDetails(
            code="invalid_voice", param="session.voice", message="Only Azure voice is supported"
        )
    )
    assert not error.retryable
    assert "invalid_voice at session.voice (Only Azure voice is supported)" in str(error)
    assert "()" not in str(errors.rejected_session(ErrorDetails(code="x")))


@pytest.mark.parametrize(
    "param",
    ["session.instructions", "session.interim_response.instructions", "session.tools[0].name"],
)
def test_a_rejected_configuration_quotes_no_instructions_and_no_tools(param: str) -> None:
    error = errors.rejected_session(ErrorDetails(code="invalid_value", param=param, message=SECRET))
    assert SECRET not in str(error)
    assert f"invalid_value at {param}." in str(error)


def test_an_error_before_the_session_is_final_and_says_why() -> None:
    wrong = errors.refused_connection(
        ErrorDetails(type="invalid_request_error", message="no model")
    )
    assert not wrong.retryable
    assert "no model" in str(wrong)


@pytest.mark.parametrize(
    "details",
    [
        {"type": "server_error"},
        {"type": "rate_limit_error", "code": "rate_limit_exceeded"},
        {"code": "too_many_requests"},
        {"code": "429"},
        {"type": "error", "code": "503"},
    ],
)
def test_an_error_before_the_session_that_may_pass_is_tried_again(details: dict[str, str]) -> None:
    assert errors.refused_connection(ErrorDetails(**details)).retryable


def test_an_error_before_the_session_that_cannot_pass_is_final() -> None:
    fatal = ErrorDetails(type="server_error", code="insufficient_quota")
    assert not errors.refused_connection(fatal).retryable


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        (
            {"type": "failed", "error": {"type": "server_error", "code": "boom"}},
            "server_error, boom",
        ),
        ({"type": "failed", "error": {"message": SECRET}}, "no reason given"),
        ("failed", "no reason given"),
        (None, "no reason given"),
    ],
)
def test_a_failed_response_is_told_whatever_shape_it_has(details: object, reason: str) -> None:
    error = errors.failed_response(details)
    assert str(error).endswith(reason)
    assert error.retryable


@pytest.mark.parametrize(
    ("status", "retryable", "advice"),
    [
        (400, False, "api_version"),
        (401, False, "AZURE_VOICELIVE_API_KEY"),
        (403, False, "Foundry User"),
        (404, False, "AZURE_VOICELIVE_ENDPOINT"),
        (408, True, ""),
        (429, True, "quota"),
        (503, True, ""),
    ],
)
def test_a_refused_handshake_says_what_to_do(status: int, retryable: bool, advice: str) -> None:
    error = errors.refused_handshake(status, "")
    assert error.retryable is retryable
    assert f"HTTP {status}" in error.message
    assert advice in error.message


def test_a_lost_connection_tells_how() -> None:
    assert "close code 1001" in str(errors.lost("close code 1001"))
