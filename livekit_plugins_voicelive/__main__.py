"""``python -m livekit_plugins_voicelive doctor``: is everything set for a call, and if not, what is to be done."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys

from dotenv import load_dotenv

from .doctor import Finding, examine
from .realtime_model import RealtimeModel

ENV_FILES = (".env.local", ".env")
"""Read from the current folder, as the worker does; the environment counts more."""


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m livekit_plugins_voicelive", description="Azure Voice Live for LiveKit."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    doctor = commands.add_parser(
        "doctor",
        help="check settings, network, sign-in, model, options and a turn",
        description="Check everything that a call needs, with the settings of the environment and of "
        f"{' and '.join(ENV_FILES)} in this folder. Exit status: 0 if a call works, 1 if not.",
    )
    doctor.add_argument("--json", action="store_true", help="print JSON instead of a table")
    doctor.add_argument(
        "--timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="for each answer (%(default)g)",
    )
    return parser.parse_args(argv)


async def doctor(timeout_s: float) -> list[Finding]:
    """All findings for the settings of the environment."""
    try:
        model = RealtimeModel()
    except ValueError as wrong:
        return [Finding("settings", False, str(wrong), "Mend that, and run this again.")]
    try:
        findings = await examine(model, timeout_s=timeout_s)
    finally:
        await model.aclose()
    return [Finding("settings", True, model.endpoint.url), *findings]


def table(findings: list[Finding]) -> str:
    """A line for each finding, and under a failed one what to do."""
    lines = []
    for finding in findings:
        lines.append(f"{'✔' if finding.passed else '✘'} {finding.check:<12} {finding.detail}")
        lines += [f"  {'':<12} → {step}" for step in finding.next_step.splitlines()]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = arguments(argv)
    for name in ENV_FILES:
        load_dotenv(name)
    findings = asyncio.run(doctor(options.timeout))
    healthy = all(finding.passed for finding in findings)
    if options.json:
        found = [finding.as_dict() for finding in findings]
        print(json.dumps({"healthy": healthy, "findings": found}, indent=2, ensure_ascii=False))
    else:
        print(table(findings))
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main())
