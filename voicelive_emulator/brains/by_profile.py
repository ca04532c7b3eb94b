"""Which brain answers for which profile: a session that brings its own model gets that one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..work import Brain, ConversationView, Thought

CHAT = "byom-azure-openai-chat-completion"
CLAUDE = "byom-foundry-anthropic-messages"


class ProfileBrain:
    """Owns the choice, by the session's ``profile``."""

    def __init__(self, default: Brain, profiles: Mapping[str, Brain]) -> None:
        """``default`` answers where there is no profile, or none of ``profiles``."""
        self._default = default
        self._profiles = profiles

    def think(self, view: ConversationView) -> Iterator[Thought]:
        """Piece by piece."""
        return self._profiles.get(view.profile or "", self._default).think(view)
