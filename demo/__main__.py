"""`make demo`: the whole path on this machine, until Ctrl-C."""

import secrets
import signal
import sys
import time
from types import FrameType

from demo.deployment import LocalDeployment
from demo.environment import read_environment
from demo.livekit_binary import install_livekit_server
from demo.livekit_server import USUAL_PORT, WELL_KNOWN_KEY, LiveKitAccess, port_is_free
from demo.page import USUAL_PAGE_PORT, install_page_library, open_in_browser
from demo.process import ProcessFailed
from demo.progress import LOGS, StepFailed, say
from demo.room_access import RUNNING_DEMO, join_token, publish_running_demo

PLAYGROUND = "https://agents-playground.livekit.io"
POLL_S = 0.2


def main() -> int:
    """Run the demo; 0 when it was stopped, 1 when a part failed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        binary = install_livekit_server()
        run(
            LocalDeployment(
                livekit_binary=binary,
                environment=read_environment(),
                logs=LOGS,
                livekit_port=_livekit_port(),
                livekit_key=WELL_KNOWN_KEY,
                page_port=_page_port(),
                report=say,
            )
        )
    except (StepFailed, ProcessFailed) as failure:
        say(f"\n{failure}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
    finally:
        RUNNING_DEMO.unlink(missing_ok=True)
    return 0


def run(deployment: LocalDeployment) -> None:
    """Start everything, say how to call, and stay until a part fails.

    Raises:
        ProcessFailed: a part could not start, or ended by itself.
    """
    say(f"Starting … (logs: {LOGS.name}/ in {LOGS.parent.name}/)")
    with deployment:
        publish_running_demo(deployment.livekit)
        say(invitation(deployment.livekit, deployment.page_url))
        if deployment.page_url:
            open_in_browser(deployment.page_url)
        while True:
            failure = deployment.failure()
            if failure is not None:
                raise failure
            time.sleep(POLL_S)


def invitation(access: LiveKitAccess, page_url: str | None) -> str:
    """What to do next, for a person and for a program."""
    # A name of its own for each run: a room gets its agent when it is made.
    room = f"playground-{secrets.token_hex(3)}"
    token = join_token(access, room=room, identity="you")
    variables = "\n".join(f"{name}={value}" for name, value in access.environment().items())
    page = f"\nTalk to the agent in your browser:\n  {page_url}\n" if page_url else ""
    return f"""
Ready: a call can be made now.
{page}
{variables}

In this checkout, in another terminal:
  make talk                       type, and your words are spoken into the room
  make talk ARGS="--mic"          speak yourself
  make talk ARGS='--say "What time is it in Tokyo?"'

With LiveKit's playground, in a browser on this machine (Chrome or Firefox): open {PLAYGROUND}
and connect by hand ("Manual") with
  URL    {access.url}
  token  {token}

Ctrl-C stops everything."""


def _livekit_port() -> int:
    """LiveKit's usual port, or 0 (any) when somebody has it."""
    if port_is_free(USUAL_PORT):
        return USUAL_PORT
    say(f"Port {USUAL_PORT} is taken: the LiveKit server gets another one.")
    return 0


def _page_port() -> int | None:
    """The page's usual port, 0 (any) when somebody has it, or None when there can be no page."""
    try:
        install_page_library()
    except StepFailed as failure:
        say(f"{failure} The demo goes on without its page: `make talk` calls the agent.")
        return None
    return USUAL_PAGE_PORT if port_is_free(USUAL_PAGE_PORT) else 0


def _stop(number: int, frame: FrameType | None) -> None:
    """End as with Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
