# The first process of every container, compiled and tested; only the program goes into images.
# The packages are those of the group `rust`, so that the layer is there once.
FROM base AS supervisor
RUN add-packages gcc libc6-dev rustc-web
COPY supervisor /opt/source
RUN rustc --edition 2024 --test -C target-feature=+crt-static -o /opt/tests /opt/source/main.rs \
 && /opt/tests --quiet
RUN rustc --edition 2024 -C opt-level=2 -C lto -C codegen-units=1 -C panic=abort -C strip=symbols \
      -C target-feature=+crt-static -C relocation-model=static -o /opt/supervisor /opt/source/main.rs \
 && chmod 0700 /opt/supervisor
