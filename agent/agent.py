"""A voice agent for LiveKit rooms that hears, thinks and speaks with Azure Voice Live.

    python agent.py dev       # on your machine
    python agent.py start     # in production

Settings come from the environment, or from `.env.local` and `.env` beside this file or above it.
"""

import sys

from livekit.agents import cli
from worker.call import answer
from worker.environment import load_environment
from worker.preflight import preflight
from worker.worker import Worker

# Also for `lk agent`, which runs `python -m livekit.agents`: that imports this file, with the same command line, and looks for
# `server`.
load_environment()
preflight(sys.argv[1:])

server = Worker()
# The agent's name is left to LIVEKIT_AGENT_NAME; without one every new room gets this agent.
server.rtc_session()(answer)

if __name__ == "__main__":
    cli.run_app(server)
