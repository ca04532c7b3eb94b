"""A transcript and when its words are spoken: the times move a cursor through the text, and never bring text of their own.

The transcript and the times come in events of their own, in no promised order, and need not agree on what a word is: the
service may time a word with another case or apostrophe, ``5.50 dollars`` where the transcript has ``$5.50``, a comma, or two
characters of a Chinese sentence. So a word is looked for in the text behind the cursor, by its letters and digits alone.
Knows no stream and no event.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from dataclasses import dataclass

MAX_WAITING = 64
"""Words whose text is not there yet, or never will be; beyond that the oldest is given up."""


@dataclass(frozen=True)
class Word:
    """A piece of text, and when it is spoken, from the start of the message's audio."""

    text: str
    start_ms: float
    end_ms: float


class TimedTranscript:
    """Owns one message's transcript and how far its times have come.

    All words that it gives out, and then :attr:`rest`, are the transcript: nothing is missing, and nothing there twice.
    """

    def __init__(self) -> None:
        self.text = ""
        self._cursor = 0
        self._complete = False
        self._waiting: deque[Word] = deque(maxlen=MAX_WAITING)
        self._words: list[Word] = []

    @property
    def rest(self) -> str:
        """The text behind the last word that was found."""
        return self.text[self._cursor :]

    @property
    def timed_to_ms(self) -> float | None:
        """The end of the last word that was found; None before the first."""
        return self._words[-1].end_ms if self._words else None

    def add_text(self, delta: str) -> list[Word]:
        """More of the transcript; returns the words that were waiting for it."""
        self.text += delta
        return self._find_waiting()

    def add_time(self, word: str, *, start_ms: float, end_ms: float) -> list[Word]:
        """A word is spoken then; returns the words that are found now, as they stand in the transcript.

        A word that is not found waits, for its text may come later. When a word behind it is found first, its text goes
        along with that one.
        """
        # Punctuation goes along with the word before it, whether it has a time of its own or not.
        if letters := "".join(map(_letters, word)):
            self._waiting.append(Word(letters, start_ms, end_ms))
        return self._find_waiting()

    def finish(self) -> list[Word]:
        """No more text is to be waited for: what stands last is a whole word."""
        self._complete = True
        return self._find_waiting()

    def heard(self, heard_ms: int) -> str | None:
        """The words that had begun by then; None if there are no times."""
        if not self._words:
            return None
        return "".join(word.text for word in self._words if word.start_ms < heard_ms).strip()

    def _find_waiting(self) -> list[Word]:
        found = []
        while (match := self._next_match()) is not None:
            index, end = match
            time = self._waiting[index]
            for _ in range(index + 1):
                self._waiting.popleft()
            found.append(Word(self.text[self._cursor : end], time.start_ms, time.end_ms))
            self._cursor = end
        self._words += found
        return found

    def _next_match(self) -> tuple[int, int] | None:
        """Of the waiting words, the one that stands next in the text, and where it ends there.

        None is looked for further on than the waiting words are long: a word that the transcript does not have must not
        run ahead to the next one like it.
        """
        reach = sum(len(word.text) for word in self._waiting)
        letters, places = self._ahead(2 * reach)
        matches = []
        for index, word in enumerate(self._waiting):
            at = letters.find(word.text)
            while 0 <= at <= reach:
                first, last = places[at], places[at + len(word.text) - 1]
                if self._parts_words(first) and self._parts_words(last + 1):
                    matches.append((at, index, self._with_punctuation(last + 1)))
                    break
                at = letters.find(word.text, at + 1)
        return min(matches)[1:] if matches else None

    def _ahead(self, count: int) -> tuple[str, list[int]]:
        """The next letters behind the cursor, and the place in the text of each."""
        letters = ""
        places: list[int] = []
        for place in range(self._cursor, len(self.text)):
            if len(letters) >= count:
                break
            more = _letters(self.text[place])
            letters += more
            places += [place] * len(more)
        return letters, places

    def _parts_words(self, place: int) -> bool:
        """Whether a word may begin or end there. Scripts without capitals are cut anywhere: some have no spaces."""
        if place == len(self.text):
            return self._complete
        if place == 0:
            return True
        around = self.text[place - 1 : place + 1]
        return not all(char.islower() or char.isupper() or char.isdigit() for char in around)

    def _with_punctuation(self, place: int) -> int:
        """The end of a word with what closes it, such as a comma or a quotation mark, and without what opens the next."""
        while place < len(self.text):
            char = self.text[place]
            if char.isspace() or char.isalnum() or unicodedata.category(char) in ("Ps", "Pi"):
                break
            place += 1
        return place


def _letters(char: str) -> str:
    """A character as it is compared: without case, accent or width; nothing of punctuation and spaces."""
    plain = unicodedata.normalize("NFKD", char).casefold()
    return "".join(filter(str.isalnum, plain))
