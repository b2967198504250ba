# syntax=docker/dockerfile:1
ARG PYTHON=3.11

# Everything that is only needed to put the program together stays in this stage.
FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY requirements/runtime.txt requirements/runtime.txt
RUN python -m venv --without-pip /opt/ostinato \
    && pip --python /opt/ostinato/bin/python install --require-hashes --requirement requirements/runtime.txt
COPY pyproject.toml README.md LICENSE cli.py settings.py ./
COPY callbacks callbacks
COPY commands commands
COPY domain domain
COPY generators generators
COPY publishers publishers
COPY sandbox sandbox
COPY scheduler scheduler
COPY sources sources
COPY storage storage
COPY web web
COPY xquik xquik
# The build's own packages are pinned with the others, and go when they have done their work.
RUN pip --python /opt/ostinato/bin/python install --no-deps --no-build-isolation . \
    && pip --python /opt/ostinato/bin/python uninstall --yes hatchling editables pathspec pluggy trove-classifiers \
    && pip --python /opt/ostinato/bin/python check

FROM python:${PYTHON}-slim
RUN pip uninstall --yes --root-user-action=ignore setuptools wheel pip \
    && apt-get update \
    && apt-get install --yes --no-install-recommends tesseract-ocr \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 ostinato \
    && useradd --uid 10001 --gid ostinato --no-log-init --shell /usr/sbin/nologin \
        --home-dir /var/lib/ostinato --create-home ostinato \
    && chmod 700 /var/lib/ostinato
COPY --from=build /opt/ostinato /opt/ostinato
ENV PATH=/opt/ostinato/bin:$PATH \
    OSTINATO_HOME=/var/lib/ostinato \
    OSTINATO_LOG_FORMAT=json \
    OSTINATO_HEALTH_PORT=8790
USER 10001:10001
WORKDIR /var/lib/ostinato
VOLUME /var/lib/ostinato
STOPSIGNAL SIGTERM
# Red when the daemon does not get on with its work: a planner that does not tick, slots, runs or callbacks that wait.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os; door = http.client.HTTPConnection('127.0.0.1', int(os.environ['OSTINATO_HEALTH_PORT']), timeout=10); door.request('GET', '/healthz'); raise SystemExit(door.getresponse().status != 200)"]
ENTRYPOINT ["ostinato"]
CMD ["daemon"]
