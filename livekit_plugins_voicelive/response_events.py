"""What the service says of its responses, and what that does to the streams, the conversation and the numbers.

Streams and history go different ways after an interruption: the streams are closed at once, while the history waits for
what was heard. Items that nobody heard leave the mirror at once, and the service when their response is done.
"""

from __future__ import annotations

from livekit.agents import llm
from livekit.agents.metrics import RealtimeModelMetrics

from . import errors
from .chat_items import is_playable
from .conversation import Conversation
from .generation import Generation
from .log import logger
from .metrics import response_metrics
from .outcome import Emit, Identity, Outcome
from .output_audio import OutputAudio
from .pending_requests import settle
from .protocol import server_events as server
from .protocol.items import Item, function_call_item
from .protocol.response import Response
from .protocol.wire_struct import given
from .responses import Responses
from .session_settings import SessionSettings


class ResponseEvents:
    """Joins the responses to the conversation; owns only what has been reported."""

    def __init__(
        self,
        responses: Responses,
        conversation: Conversation,
        output_audio: OutputAudio,
        settings: SessionSettings,
        identity: Identity,
    ) -> None:
        self._responses = responses
        self._conversation = conversation
        self._output_audio = output_audio
        self._settings = settings
        self._identity = identity
        self._silence_reported = False

    def created(self, response: Response, *, now: float) -> Outcome:
        """A response began: whoever asked for it gets its streams, and LiveKit hears of it, once."""
        if self._responses.knows(response.id):
            return Outcome()
        modalities = given(response.modalities) or self._settings["modalities"] or ["audio"]
        generation, reply, cancel = self._responses.created(
            response,
            now=now,
            speaks="audio" in modalities,
            timed=self._settings.timestamps_words,
        )
        if generation.discarded:
            return Outcome(send=cancel)
        waiter = reply.waiter if reply is not None else None
        event = generation.created_event(user_initiated=waiter is not None)
        settle(waiter, event)
        return Outcome(emit=[Emit("generation_created", event)])

    def item_added(self, response_id: str, item: Item, *, now: float) -> None:
        """A response makes a new item; behind an interruption nobody will hear or run it."""
        generation = self._responses.active(response_id)
        item_id = given(item.id)
        if generation is None or item_id is None:
            return
        generation.last_event_at = now
        if generation.closed:
            self._drop(generation, item_id)
        elif is_playable(item):
            generation.message(item_id)
        elif item.type == "function_call":
            generation.open_calls[item_id] = given(item.name) or ""
        elif item.type.endswith("_call"):
            generation.service_calls.add(item_id)

    def progressed(self, response_id: str, *, now: float) -> None:
        """More of something that LiveKit gets only as a whole."""
        if (generation := self._responses.active(response_id)) is not None:
            generation.last_event_at = now

    def part(self, event: server.ResponsePartEvent, *, now: float) -> None:
        """More words or audio of a message; of unknown and ended responses nothing is wanted."""
        generation = self._responses.active(event.response_id)
        if generation is not None and event.item_id not in generation.to_delete:
            generation.receive(event, self._output_audio, now=now)

    def item_done(self, response_id: str, item: Item, *, now: float) -> None:
        """An item is complete: a message ends, a call that LiveKit has not got yet goes out."""
        generation = self._responses.active(response_id)
        item_id = given(item.id)
        if generation is None or item_id is None or item_id in generation.to_delete:
            return
        generation.last_event_at = now
        generation.service_calls.discard(item_id)
        if item.type == "function_call":
            self._call_completed(generation, item, item_id, now=now)
        elif is_playable(item):
            generation.message(item_id).close()
            self._conversation.item_completed(item, created_at=self._identity.wall(now))

    def arguments_done(
        self, event: server.ResponseFunctionCallArgumentsDone, *, now: float
    ) -> None:
        """A function call is complete; LiveKit runs it before the response ends."""
        generation = self._responses.active(event.response_id)
        if generation is None or event.item_id in generation.to_delete:
            return
        generation.last_event_at = now
        known = self._conversation.get(event.item_id)
        call = known if isinstance(known, llm.FunctionCall) else None
        announced = generation.open_calls.get(event.item_id, "")
        item = function_call_item(
            id=event.item_id,
            call_id=given(event.call_id) or (call.call_id if call else ""),
            name=given(event.name) or (call.name if call else announced),
            arguments=event.arguments,
        )
        self._call_completed(generation, item, event.item_id, now=now)

    def _call_completed(
        self, generation: Generation, item: Item, item_id: str, *, now: float
    ) -> None:
        generation.first_output_at = generation.first_output_at or now
        generation.open_calls.pop(item_id, None)
        if generation.has_called(given(item.call_id)):
            return  # LiveKit runs it, even if the response was interrupted meanwhile
        if generation.closed or not generation.runs_calls:
            self._drop(generation, item_id)
            return
        call = self._conversation.item_completed(item, created_at=self._identity.wall(now))
        if item.status != "incomplete" and isinstance(call, llm.FunctionCall):
            generation.call(call)

    def _drop(self, generation: Generation, item_id: str) -> None:
        generation.to_delete.append(item_id)
        self._conversation.forget([item_id])

    def item_truncated(self, item_id: str, audio_end_ms: int) -> None:
        """A message was cut; where the service gave the times of its words, they say what was heard."""
        message = self._responses.message(item_id)
        heard = message.words_heard(audio_end_ms) if message else None
        self._conversation.item_truncated(item_id, heard)

    def done(self, response: Response, *, now: float) -> Outcome:
        """A response ended, however it ended: its words go into the mirror, its cost to LiveKit."""
        if errors.took_our_cancel(response):
            self._responses.cancel_answered(response.id)
        generation = self._responses.done(response.id, now=now)
        if generation is None:
            return Outcome()
        for item_id, message in generation.messages.items():
            self._conversation.assistant_spoke(item_id, message.text)
        if generation.wrote_instead_of_speaking and not self._silence_reported:
            self._silence_reported = True
            logger.warning("Voice Live answered in text although speech was asked for")
        metrics = self._metrics(response, generation, now=now)
        outcome = Outcome(
            send=self._conversation.delete_unheard(generation.to_delete),
            emit=[Emit("metrics_collected", metrics)],
        )
        if response.status == "failed":
            failure = errors.failed_response(response.status_details)
            outcome.emit.append(Emit("error", failure))
        outcome.send += self._responses.advance(now=now)
        return outcome

    def _metrics(
        self, response: Response, generation: Generation, *, now: float
    ) -> RealtimeModelMetrics:
        first = generation.first_output_at
        return response_metrics(
            response,
            label=self._identity.label,
            metadata=self._identity.metadata,
            timestamp=self._identity.wall(generation.created_at),
            duration_s=now - generation.created_at,
            ttft_s=None if first is None else first - generation.created_at,
        )
