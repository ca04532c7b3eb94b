"""Answers from a file, for tests that must go the same way every time: YAML rules, the first that fits answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..faults import Faults
from ..switches import WrongSwitch, read_all
from ..work import Brain, Call, ConversationView, Say, Thought
from .scripted import unanswered, unspoken_results


class WrongScript(ValueError):
    """Says in one sentence what is wrong with the file."""


class ScriptedFailure(Exception):
    """The script wants the model to fail here."""


class Rule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What to answer, and to what. Without ``hears`` and ``returned`` it fits everything."""

    hears: str | None = None
    """A regular expression, found in what the user said or wrote last; upper and lower case are the same."""
    returned: str | None = None
    """A regular expression, found in a function's output that was not yet spoken of."""
    says: str | list[str] = []
    calls: str | None = None
    """A function to call after saying that."""
    arguments: dict[str, Any] = {}
    """What to call it with."""
    fails: bool = False
    """Fail after saying that, as a model that cannot be reached."""
    faults: dict[str, Any] = {}
    """Switches of :class:`~voicelive_emulator.faults.Faults`, on from the beginning of this answer to the beginning of the next."""
    once: bool = False
    """Answer a single time, and fit nothing more."""

    def fits(self, heard: str, outputs: list[str]) -> bool:
        """Whether this rule answers."""
        if self.returned is not None:
            return any(re.search(self.returned, output, re.I) for output in outputs)
        if outputs:
            return self.hears is None
        return self.hears is None or re.search(self.hears, heard, re.I) is not None


class Script:
    """A brain that follows the rules of a file; where none fits, another brain answers.

    Owns which rules are left, and the faults that the last one switched on.
    """

    def __init__(self, rules: list[Rule], otherwise: Brain, faults: Faults | None = None) -> None:
        """``faults`` is what the rules switch; it belongs to the server, and is the same for all connections."""
        self._rules = list(rules)
        self._otherwise = otherwise
        self._faults = faults or Faults()
        self._before: dict[str, Any] = {}

    def think(self, view: ConversationView) -> Iterator[Thought]:
        """The answer of the first rule that fits.

        Raises:
            ScriptedFailure: the rule says so.
        """
        outputs = [result.output for result in unspoken_results(view.history)]
        heard = unanswered(view.history)
        rule = next((rule for rule in self._rules if rule.fits(heard, outputs)), None)
        self._switch(rule.faults if rule else {})
        if rule is None:
            yield from self._otherwise.think(view)
            return
        if rule.once:
            self._rules.remove(rule)
        for text in [rule.says] if isinstance(rule.says, str) else rule.says:
            yield Say(text)
        if rule.calls is not None:
            yield Call(rule.calls, json.dumps(rule.arguments))
        if rule.fails:
            raise ScriptedFailure

    def _switch(self, faults: dict[str, Any]) -> None:
        for name, value in self._before.items():
            setattr(self._faults, name, value)
        wanted = read_all(Faults, faults)
        self._before = {name: getattr(self._faults, name) for name in wanted}
        for name, value in wanted.items():
            setattr(self._faults, name, value)


def read_rules(path: Path) -> list[Rule]:
    """The rules of a file.

    Raises:
        WrongScript: it cannot be read, or is no list of rules.
    """
    try:
        rules = msgspec.yaml.decode(path.read_bytes(), type=list[Rule])
        for rule in rules:
            for pattern in (rule.hears, rule.returned):
                re.compile(pattern or "")
            read_all(Faults, rule.faults)
    except ImportError:
        raise WrongScript(
            'Scripts need PyYAML: run `pip install "livekit-plugins-voicelive[emulator]"`.'
        ) from None
    except OSError as error:
        raise WrongScript(f"The script {path} cannot be read: {error.strerror}.") from None
    except (msgspec.MsgspecError, re.error, WrongSwitch) as error:
        reason = _in_one_line(str(error)).removesuffix(".")
        raise WrongScript(f"The script {path} cannot be used: {reason}.") from None
    return rules


def _in_one_line(reason: str) -> str:
    """PyYAML puts each place into a line of its own, calls the file a byte string, and may quote it below."""
    places = re.sub(r'\s+in "<byte string>", ([^:\n]+)(:(\n {4}.*)+)?', r" (\1)", reason)
    return ", ".join(places.splitlines())
