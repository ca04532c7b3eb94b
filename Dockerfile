# One image for the worker and for the emulator: docker-compose.yml names the command.
FROM python:3.13-slim-bookworm

RUN useradd --create-home --uid 10001 voicelive
WORKDIR /app

COPY requirements/demo.txt requirements/demo.txt
RUN python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements/demo.txt

COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY livekit_plugins_voicelive livekit_plugins_voicelive
COPY voicelive_emulator voicelive_emulator
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation .

COPY agent agent
USER voicelive
ENV PYTHONUNBUFFERED=1
WORKDIR /app/agent
# The exec form: the worker is process 1 and receives SIGTERM, on which it finishes its calls.
CMD ["python", "agent.py", "start"]
