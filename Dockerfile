# The service: API, worker, relay, sandboxd, signer and watch are one image with different commands.
# No container of it but sandboxd's ever reaches an engine, and none runs an answer's code itself.
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements-service.lock ./
RUN pip install --quiet --disable-pip-version-check --target /opt/tools "uv==0.13.9" "hatchling==1.27.0" \
 && PYTHONPATH=/opt/tools /opt/tools/bin/uv venv --quiet --python python3 /opt/venv \
 && /opt/tools/bin/uv pip sync --quiet --require-hashes --python /opt/venv/bin/python requirements-service.lock
COPY pyproject.toml README.md LICENSE api.py worker.py ./
COPY validator ./validator
COPY checkers ./checkers
COPY sandboxes ./sandboxes
COPY devnet ./devnet
COPY benchmarks ./benchmarks
COPY examples ./examples
RUN PYTHONPATH=/opt/tools python3 -m hatchling build -t wheel -d /tmp/wheel \
 && /opt/tools/bin/uv pip install --quiet --no-deps --python /opt/venv/bin/python /tmp/wheel/*.whl

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --home-dir /var/lib/tos-validator validator \
 && useradd --uid 10002 --no-create-home --home-dir /var/lib/tos-signer signer \
 && install --directory --owner=signer --group=signer --mode=0700 \
    /var/lib/tos-signer /var/lib/tos-signer/keys /var/lib/tos-signer/protection \
 && install --directory --owner=validator --mode=0700 /run/sandboxd
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 TOSV_DATA_DIR=/var/lib/tos-validator
WORKDIR /var/lib/tos-validator
USER validator
EXPOSE 8000
CMD ["tos-validator", "serve"]
