"""Makes `.venv` and installs one locked set of requirements into it: `demo` or `dev`.

Standard library only, and understandable to an old Python, which is told so in one sentence.
Every package comes from `requirements/SET.txt`, checked by hash; the project itself is then
installed editable with the build backend of that same set, so nothing unlocked is fetched.
"""

import os
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)


def main() -> None:
    """Install the set named on the command line, or end with one sentence."""
    requirement_set = sys.argv[1] if len(sys.argv) == 2 else ""
    if requirement_set not in ("demo", "dev"):
        sys.exit("usage: python -m demo.install demo|dev")
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"Python 3.11 or newer is needed and this is {sys.version.split()[0]}: install a newer "
            "one and name it, for example `make demo PYTHON=python3.12`."
        )
    from demo.progress import StepFailed

    try:
        install(requirement_set)
    except StepFailed as failure:
        sys.exit(str(failure))


def install(requirement_set: str) -> None:
    """Install `requirement_set` into `.venv`, making that first where there is none.

    Raises:
        StepFailed: the environment could not be made, or a package not installed.
    """
    from demo.progress import CHECKOUT, LOGS, run_step

    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    python = CHECKOUT / ".venv" / "bin" / "python"
    make_virtual_environment(CHECKOUT / ".venv")
    requirements = CHECKOUT / "requirements" / f"{requirement_set}.txt"
    run_step(
        f"Installing requirements/{requirement_set}.txt",
        [python, "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", requirements],
        log=LOGS / f"install-{requirement_set}.log",
        environment=environment,
    )
    run_step(
        "Installing this project, editable",
        [python, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "-e", CHECKOUT],
        log=LOGS / "install-project.log",
        environment=environment,
    )


def make_virtual_environment(folder: Path) -> None:
    """Make a virtual environment with pip in `folder`, unless a working one is there.

    Raises:
        StepFailed: this Python comes without `venv` or `ensurepip`.
    """
    from demo.progress import LOGS, StepFailed, run_step

    python = folder / "bin" / "python"
    if python.exists():
        works = subprocess.run([python, "-m", "pip", "--version"], capture_output=True)
        if works.returncode == 0:
            return
    try:
        import ensurepip  # noqa: F401  (Debian splits it off: venv alone would fail half-way)
        import venv  # noqa: F401
    except ImportError as missing:
        raise StepFailed(
            f"This Python has no {missing.name} module: install it (Debian and Ubuntu: "
            "`apt-get install python3-venv`) or name another Python, "
            "for example `make demo PYTHON=python3.12`."
        ) from missing
    run_step(
        f"Making {folder.name} with Python {sys.version.split()[0]}",
        [sys.executable, "-m", "venv", "--clear", folder],
        log=LOGS / "venv.log",
        environment=os.environ,
    )


if __name__ == "__main__":
    main()
