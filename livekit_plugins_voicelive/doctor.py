"""Finds what keeps a call from working: one check after the other, as a call does it, until one fails.

It speaks the protocol itself, because a session would retry and hide what it is to find.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from . import doctor_advice as advise, doctor_network_advice as advise_network, errors
from .audio_format import FORMAT_FIELDS
from .connection import Connection
from .doctor_advice import Advice, Failed
from .doctor_network import Way, proxy_for
from .endpoint import Endpoint
from .input_audio import InputAudio
from .output_audio import OutputAudio
from .pending_requests import PendingRequests, new_event_id
from .protocol.client_events import (
    ConversationItemCreate,
    ResponseCreate,
    SessionUpdate,
)
from .protocol.items import message_item, text_part
from .protocol.response import Response
from .protocol.server_events import (
    ErrorEvent,
    InputAudioBufferSpeechStopped,
    ResponseAudioDelta,
    ResponseDone,
    ResponseTextDelta,
    SessionCreated,
    SessionUpdated,
)
from .realtime_model import RealtimeModel
from .session_settings import SessionSettings

QUESTION = "Say exactly this, and nothing else: What is two plus three?"
"""What is typed; what the service then says is the question of the spoken turn."""

SILENCE_S = 2
"""Ends a spoken turn for every detector."""


_ANSWER = (
    ErrorEvent,
    InputAudioBufferSpeechStopped,
    ResponseAudioDelta,
    ResponseDone,
    ResponseTextDelta,
)


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    check: str
    passed: bool
    detail: str
    next_step: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Silent(Exception):
    """The service did not say in time what it has to say; the text is what it leaves undone."""


async def examine(model: RealtimeModel, *, timeout_s: float = 10.0) -> list[Finding]:
    """Check everything that a call with this model needs; the last finding is the failed one, if one failed.

    Args:
        model: as the worker would use it.
        timeout_s: for each answer of the service.
    """
    return [finding async for finding in _Examination(model, timeout_s).findings()]


async def guilty_option(
    options: list[str], answers: Callable[[list[str]], Awaitable[bool]]
) -> str | None:
    """The option that silences the service, found by halves; None if it is silent without any.

    Args:
        options: all of them together are known to silence it.
        answers: whether the service answers with only these.
    """
    if not await answers([]):
        return None
    good, bad = 0, len(options)
    while bad - good > 1:
        middle = (good + bad) // 2
        if await answers(options[:middle]):
            good = middle
        else:
            bad = middle
    return options[bad - 1]


class _Examination:
    """One run. Owns the audio that the service spoke in the typed turn: it is what the spoken turn says."""

    def __init__(self, model: RealtimeModel, timeout_s: float) -> None:
        self._endpoint: Endpoint = model.endpoint
        self._proxy = proxy_for(self._endpoint)
        self._fields = model.session_fields
        self._timeout_s = timeout_s
        self._speech: list[rtc.AudioFrame] = []

    async def findings(self) -> AsyncIterator[Finding]:
        try:
            way = Way.to(self._endpoint)
            yield Finding("name", True, await way.resolve())
            yield Finding("network", True, await way.reach(self._timeout_s))
            async for finding in self._call():
                yield finding
        except Failed as failed:
            advice = failed.advice
            yield Finding(advice.check, False, advice.cause, advice.next_step)

    # --- a call -------------------------------------------------------------------------------------------------------

    async def _call(self) -> AsyncIterator[Finding]:
        async with self._session() as call:
            yield Finding("sign-in", True, "key" if self._endpoint.api_key else "Entra ID token")
            yield Finding("api-version", True, self._endpoint.api_version)
            created = await self._begin(call)
            yield Finding(
                "model", True, str(created.session.get("model") or self._endpoint.answers)
            )
            try:
                await call.configure(self._fields)
                yield Finding("session", True, f"{len(self._fields)} options accepted")
                typed_ms = await call.typed_turn(self._speech)
                yield Finding("typed turn", True, f"first answer after {typed_ms} ms")
                if SessionSettings(self._fields).answers_turns and self._speech:
                    spoken_ms = await call.spoken_turn(self._speech)
                    yield Finding("spoken turn", True, f"first answer after {spoken_ms} ms")
            except Silent as silent:
                undone = str(silent)
            else:
                undone = ""
        if undone:
            raise Failed(await self._why_silent(undone))

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[_Call]:
        try:
            connection = await Connection.open(self._endpoint, timeout_s=self._timeout_s)
        except APIStatusError as refused:
            raise Failed(
                advise.refused_handshake(
                    self._endpoint, refused.status_code, str(refused.body or "")
                )
            ) from None
        except APITimeoutError as fault:
            raise Failed(advise_network.unanswered(fault.message, proxy=self._proxy)) from None
        except APIConnectionError as fault:
            raise Failed(
                advise_network.no_websocket(self._endpoint, fault.message, self._proxy)
            ) from None
        except APIError as fault:
            raise Failed(advise.no_token(fault.message)) from None
        try:
            settings = SessionSettings(self._fields)
            yield _Call(connection, self._endpoint, settings, self._timeout_s)
        except APIConnectionError as lost:
            raise Failed(
                Advice("session", lost.message, "Try again; then leave out options one by one.")
            ) from None
        finally:
            await connection.close()

    async def _begin(self, call: _Call) -> SessionCreated:
        try:
            event = await call.next(SessionCreated, ErrorEvent)
        except Silent:
            raise Failed(advise.no_session(self._endpoint, self._timeout_s)) from None
        if isinstance(event, ErrorEvent):
            raise Failed(advise.refused_session(self._endpoint, event.error))
        assert isinstance(event, SessionCreated)
        return event

    async def _why_silent(self, undone: str) -> Advice:
        options = [name for name in self._fields if name not in FORMAT_FIELDS]
        guilty = await guilty_option(options, self._answers)
        if guilty is None:
            return advise.no_reply(self._endpoint, undone, self._timeout_s)
        return advise.silent_with(guilty)

    async def _answers(self, options: list[str]) -> bool:
        """Whether a call with only these options is answered; spoken to, if there is speech to be had."""
        kept = {n: v for n, v in self._fields.items() if n in FORMAT_FIELDS or n in options}
        async with self._session() as call:
            try:
                await self._begin(call)
                await call.configure(kept)
                if self._speech:
                    await call.spoken_turn(self._speech)
                else:
                    await call.typed_turn([])
            except Silent:
                return False
        return True


class _Call:
    """One connection, and what is asked on it."""

    def __init__(
        self,
        connection: Connection,
        endpoint: Endpoint,
        settings: SessionSettings,
        timeout_s: float,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._events = aiter(connection)
        self._endpoint = endpoint
        self._timeout_s = timeout_s

    async def next(self, *kinds: type, or_else: str = "") -> Any:
        """The next event of one of these kinds; ``or_else`` is what the service leaves undone without one.

        Raises:
            Silent: none came in time.
            APIConnectionError: the connection was lost.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                async for event in self._events:
                    if isinstance(event, kinds):
                        return event
        except TimeoutError:
            raise Silent(or_else) from None
        raise AssertionError("a connection ends with an exception")

    async def configure(self, fields: dict[str, Any]) -> None:
        self._connection.send(SessionUpdate(event_id=new_event_id(), session=fields))
        event = await self.next(SessionUpdated, ErrorEvent, or_else="confirms no options")
        if isinstance(event, ErrorEvent):
            raise Failed(advise.rejected_options(event.error))

    async def typed_turn(self, speech: list[rtc.AudioFrame]) -> int:
        """Ask in writing; returns milliseconds to the first of the answer, and adds what was spoken to ``speech``."""
        question = message_item(id="doctor", role="user", content=[text_part("user", QUESTION)])
        self._connection.send(ConversationItemCreate(event_id=new_event_id(), item=question))
        self._connection.send(ResponseCreate(event_id=new_event_id()))
        return await self._answer(speech)

    async def spoken_turn(self, speech: list[rtc.AudioFrame]) -> int:
        """Say ``speech``, which the service itself spoke; returns milliseconds to the first of the answer."""
        microphone = InputAudio(
            PendingRequests(), detects_turns=True, format=self._settings.input_format
        )
        rate = self._settings.output_format.sample_rate
        for frame in [*speech, rtc.AudioFrame.create(rate, 1, rate * SILENCE_S)]:
            for event in microphone.push(frame):
                self._connection.send(event)
        return await self._answer([])

    async def _answer(self, speech: list[rtc.AudioFrame]) -> int:
        loudspeaker = OutputAudio(self._settings.output_format)
        asked, first = time.perf_counter(), None
        while first is None:
            event = await self.next(*_ANSWER, or_else="begins no answer")
            match event:
                case ErrorEvent(error=error):
                    reason = f"the service reports {errors.summary(error)}"
                    raise Failed(advise.failed_reply(self._endpoint, reason))
                case InputAudioBufferSpeechStopped():
                    # From here on a caller waits.
                    asked = time.perf_counter()
                case ResponseDone(response=response):
                    self._check_reply(response)
                case ResponseAudioDelta(delta=audio):
                    speech += _frames(loudspeaker, audio)
                    first = time.perf_counter()
                case _:
                    first = time.perf_counter()
        end = "begins an answer and does not end it"
        while not isinstance(
            event := await self.next(ResponseAudioDelta, ResponseDone, or_else=end), ResponseDone
        ):
            speech += _frames(loudspeaker, event.delta)
        self._check_reply(event.response, spoke=True)
        return round((first - asked) * 1000)

    def _check_reply(self, response: Response, *, spoke: bool = False) -> None:
        """A reply that failed, or ended without a word; one that our own speech cut off is followed by another."""
        if response.status == "failed":
            failure = errors.failed_response(response.status_details)
            raise Failed(advise.failed_reply(self._endpoint, failure.message))
        if not spoke and response.status != "cancelled":
            raise Failed(advise.empty_reply(self._endpoint, response))


def _frames(loudspeaker: OutputAudio, data: bytes) -> list[rtc.AudioFrame]:
    frame = loudspeaker.frame("", data)
    return [] if frame is None else [frame]
