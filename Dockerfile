# One image for every service; compose.yaml chooses the command.
# Any image with Python 3.11 or later: docker build --build-arg BASE=…
ARG BASE=python:3.12.13-slim-trixie@sha256:57cd7c3a7a273101a6485ba99423ee568157882804b1124b4dd04266317710de

FROM ${BASE} AS build

WORKDIR /src
COPY deploy/requirements.lock ./
# authres comes as source alone. The lock pins the build backends too, so that nothing is fetched without a hash.
RUN python -m venv /opt/fluxagents \
 && awk '/^setuptools==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock > setuptools.lock \
 && for lock in setuptools.lock requirements.lock; do \
      /opt/fluxagents/bin/pip install --no-cache-dir --no-deps --require-hashes --no-build-isolation \
        --only-binary=:all: --no-binary=authres -r $lock || exit 1; \
    done

COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY flows flows
COPY prompts prompts
COPY tasks tasks
COPY scheduler scheduler
COPY workers workers
RUN /opt/fluxagents/bin/pip install --no-cache-dir --no-deps --no-build-isolation .


FROM ${BASE}

LABEL org.opencontainers.image.title="fluxagents" \
      org.opencontainers.image.licenses="MIT"

RUN useradd --uid 10001 --create-home fluxagents \
 && install --directory --mode=0700 --owner=fluxagents --group=fluxagents /data

COPY --from=build /opt/fluxagents /opt/fluxagents

# Nothing is written but /data and /tmp: the rest of the file system may be read-only.
ENV PATH=/opt/fluxagents/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    FLUXAGENTS_DATA_DIR=/data \
    FLUXAGENTS_LOG_FORMAT=json \
    REMAP_SIGTERM=SIGQUIT

USER 10001:10001
WORKDIR /data
VOLUME /data

# Whether the installation as a whole is in order; compose.yaml asks each service about itself.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 \
  CMD ["fluxagents", "doctor", "--json"]

ENTRYPOINT ["fluxagents"]
CMD ["--help"]
