"""The README's first program, run as it stands there."""

import re
import time
from pathlib import Path

from demo.livekit_server import LiveKitAccess
from demo.progress import CHECKOUT
from tests.e2e.conftest import Visit
from tests.e2e.visitor import DEADLINE_S
from tests.e2e.worker_process import WorkerProcess, environment_of
from voicelive_emulator.server import EmulatorServer


async def test_ten_lines_answer_a_call(
    livekit: LiveKitAccess, service: EmulatorServer, visit: Visit, tmp_path: Path
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    [program] = [block for block in blocks if "cli.run_app" in block]
    path = tmp_path / "my_agent.py"
    path.write_text(program)
    environment = environment_of(livekit, service)
    worker = WorkerProcess(environment, tmp_path / "log", command=(str(path), "dev"))
    try:
        await worker.registered()
        caller = await visit()
        await caller.wait_for_agent(deadline_s=DEADLINE_S)
        await caller.wait_for_state("listening")
        asked = time.monotonic()
        await caller.type("What is two plus three?")
        await caller.wait_for_reply(since=asked, deadline_s=DEADLINE_S)
    finally:
        worker.stop()
