"""Measures this plugin beside LiveKit's official one, in turns, against the same emulator: medians, and their ratio.

    python benchmarks/against_official.py --rounds 5

Figures of one machine say little; the ratio of two plugins in the same run says more. Nothing of Azure is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ONE = Path(__file__).with_name("one_plugin.py")
PLUGINS = ("ours", "official")


@contextmanager
def emulator() -> Iterator[str]:
    """The address of a deaf emulator that answers at once."""
    command = [sys.executable, "-m", "voicelive_emulator", "--port", "0", "--deaf"]
    with subprocess.Popen(
        [*command, "--behaviour", "pace=inf"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().rsplit(" ", 1)[-1].strip()
        finally:
            process.terminate()


def measured(plugin: str, endpoint: str) -> dict[str, float]:
    """One run of one plugin."""
    command = [sys.executable, str(ONE), plugin, endpoint]
    output = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ, timeout=300
    ).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def table(runs: dict[str, list[dict[str, float]]]) -> str:
    """Medians of all runs as Markdown; a ratio under 1 is less for us."""
    lines = [
        "| | ours | official | ours ÷ official |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name in runs["ours"][0]:
        ours, official = (median(run[name] for run in runs[plugin]) for plugin in PLUGINS)
        lines.append(f"| {name} | {ours:.1f} | {official:.1f} | {ours / official:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {plugin: [] for plugin in PLUGINS}
    with emulator() as endpoint:
        for number in range(options.rounds):
            # The order changes, so that neither always runs on the warmer machine.
            for plugin in PLUGINS if number % 2 else reversed(PLUGINS):
                runs[plugin].append(measured(plugin, endpoint))
    print(table(runs))


if __name__ == "__main__":
    main()
