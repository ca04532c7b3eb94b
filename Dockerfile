# Two images: `worker` holds the agent, the page and the watcher; `emulator` plays Voice Live. docker-compose.yml builds both.
# Each command is process 1 in its exec form, so that it receives SIGTERM itself; all of them answer to it.

FROM node:22.17.0-bookworm-slim AS page-library
WORKDIR /page
COPY agent/worker/web/package.json agent/worker/web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11.13-slim-bookworm AS base
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv

FROM base AS build
WORKDIR /build
ARG REQUIREMENTS=requirements/agent.txt
COPY requirements requirements
RUN pip install --no-cache-dir --require-hashes --no-deps -r $REQUIREMENTS
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY livekit_plugins_voicelive livekit_plugins_voicelive
COPY voicelive_emulator voicelive_emulator
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && python -m compileall -q /venv

FROM base AS runtime
RUN useradd --create-home --uid 10001 voicelive
COPY --from=build /venv /venv

FROM runtime AS emulator
USER voicelive
WORKDIR /home/voicelive
CMD ["python", "-m", "voicelive_emulator", "--port", "8765", "--api-key", "emulated"]
HEALTHCHECK --start-period=30s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8765/emulator/faults')"]

FROM runtime AS worker
WORKDIR /app/agent
COPY agent .
COPY --from=page-library /page/node_modules worker/web/node_modules
USER voicelive
# The page's container asks 8080/ instead, see docker-compose.yml.
HEALTHCHECK --start-period=30s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8081/ready')"]
CMD ["python", "agent.py", "start"]
