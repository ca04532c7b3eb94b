"""The options of ``voicelive-emulator``. It reads them and starts nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from .behaviour import Behaviour
from .brains.by_profile import CHAT, CLAUDE
from .faults import Faults
from .switches import names


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="voicelive-emulator",
        description="Azure Voice Live on this machine: it hears, answers and speaks, without an account.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"switches of --behaviour:\n{_columns(names(Behaviour))}\n\n"
        f"switches of --fault:\n{_columns(names(Faults))}",
    )
    _add_place(parser)
    _add_senses(parser.add_argument_group("ears and voice"))
    _add_answers(parser.add_argument_group("answers"))
    _add_switches(parser.add_argument_group("behaviour and faults, can be repeated"))
    _add_recordings(parser.add_argument_group("recordings; nothing is emulated"))
    options = parser.parse_args(argv)
    for mistake in _mistakes(options):
        parser.error(mistake)
    return options


def _mistakes(options: argparse.Namespace) -> Iterator[str]:
    """What one option alone does not show."""
    given = {"--" + name.replace("_", "-"): value for name, value in vars(options).items()}
    for name in ("--upstream", "--chat-completions", "--messages"):
        if given[name] is not None and not given[name].startswith(("http://", "https://")):
            yield f"{name} must begin with https:// (or http://)"
    if (options.record is None) != (options.upstream is None):
        yield "--record and --upstream need each other"
    if options.record_audio and options.record is None:
        yield "--record-audio needs --record"
    if options.record is not None and options.replay is not None:
        yield "--record and --replay exclude each other"
    if options.record is not None or options.replay is not None:
        instead = "--record" if options.record is not None else "--replay"
        for name in _OF_THE_EMULATOR:
            if given[name]:
                yield f"{name} has no effect with {instead}, which emulates nothing: leave it out"


_OF_THE_EMULATOR = (
    *("--deaf", "--recognizer", "--voice"),
    *("--script", "--chat-completions", "--messages"),
    *("--behaviour", "--fault"),
)
"""Options for what answers here, while a recording is answered by another."""


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: choose one from 0 to 65535")


def _columns(words: Iterable[str]) -> str:
    return "\n".join(f"  {word}" for word in words)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8088, help="0 takes any free one (%(default)s)"
    )
    parser.add_argument(
        "--api-key", metavar="KEY", default="emulator", help="what clients must show (%(default)s)"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="log every event's type, never its content"
    )


def _add_senses(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--recognizer", metavar="MODEL", help="folder or name of another faster-whisper model"
    )
    group.add_argument("--voice", metavar="FILE", help="another Piper voice, NAME.onnx")
    group.add_argument(
        "--deaf",
        action="store_true",
        help="load no models: listen by loudness, understand nothing and hum",
    )


def _add_answers(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--script", metavar="FILE", type=Path, help="YAML rules: what to answer")
    group.add_argument(
        "--chat-completions",
        metavar="URL",
        help=f"model for the profile {CHAT}: an OpenAI-compatible server, "
        "such as http://127.0.0.1:11434/v1; its key is OPENAI_API_KEY",
    )
    group.add_argument(
        "--messages",
        metavar="URL",
        help=f"model for the profile {CLAUDE}: an Anthropic-compatible server; "
        "its key is ANTHROPIC_API_KEY",
    )


def _add_switches(group: argparse._ArgumentGroup) -> None:
    for option, what in (
        ("--behaviour", "how to behave where the service is unknown"),
        ("--fault", "what to do wrong"),
    ):
        group.add_argument(
            option,
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"{what}; can be changed while running",
        )


def _add_recordings(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--record",
        metavar="FILE",
        type=Path,
        help="pass everything on to --upstream, and write a recording without keys",
    )
    group.add_argument(
        "--upstream", metavar="URL", help="with --record: the Azure endpoint, https://..."
    )
    group.add_argument(
        "--record-audio", action="store_true", help="with --record: write the sound too"
    )
    group.add_argument(
        "--replay",
        metavar="FILE",
        type=Path,
        help="play the service's side of a recording to clients that do the same again",
    )
