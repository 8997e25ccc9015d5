# Comes before the Dockerfile of every group: what the supervisor and the cage need in any image.
# `python -m sandboxes.images build` joins base, group and finish, and sends only the named files.
ARG BASE=debian:bookworm-slim
FROM ${BASE} AS base
COPY images/add-packages /usr/local/sbin/add-packages
RUN add-packages bubblewrap python3
