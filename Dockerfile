# One image for every service; compose.yaml chooses the command.
FROM python:3.12-slim AS build

WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/fluxagents \
 && /opt/fluxagents/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary=:all: -r requirements.lock

# The lock pins the build backend too, so that nothing is fetched without a hash.
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY flows flows
COPY prompts prompts
COPY tasks tasks
COPY scheduler scheduler
COPY workers workers
RUN /opt/fluxagents/bin/pip install --no-cache-dir --no-deps --no-build-isolation .


FROM python:3.12-slim

LABEL org.opencontainers.image.title="fluxagents" \
      org.opencontainers.image.licenses="Apache-2.0"

RUN useradd --uid 10001 --create-home fluxagents \
 && install --directory --mode=0700 --owner=fluxagents --group=fluxagents /data

COPY --from=build /opt/fluxagents /opt/fluxagents

ENV PATH=/opt/fluxagents/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FLUXAGENTS_DATA_DIR=/data \
    FLUXAGENTS_LOG_FORMAT=json \
    REMAP_SIGTERM=SIGQUIT

USER fluxagents
WORKDIR /data
VOLUME /data

# Whether the installation as a whole is in order; compose.yaml asks each service about itself.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 \
  CMD ["fluxagents", "doctor", "--json"]

ENTRYPOINT ["fluxagents"]
CMD ["--help"]
