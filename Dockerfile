# The image of the server: no shell, no package manager, no login.
#
#   docker build -t transcription-server .
#   docker run --rm -p 127.0.0.1:8000:8000 --env-file .env transcription-server
#
# With a model inside, which recognises speech without an account (100 MB more):
#
#   docker build --target local -t transcription-server-local .
#   docker run --rm -p 127.0.0.1:8000:8000 transcription-server-local

FROM rust:1.95.0-bookworm AS build
# The image's Rust, rather than the one that is stable on the day of the build.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask dist && mkdir /out && cp target/distrib/* /out/

FROM build AS model
# Whichever version this release of Debian has: nothing of it is in the image.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
RUN cargo xtask setup --model base && mv target/models/base-en /model && cp crates/speech/NOTICE-moonshine.txt /model/

FROM scratch AS server
# The certificate authorities that the server trusts.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/ /
# Any number but 0: there is no /etc/passwd, and no file belongs to the user.
USER 65532:65532
# Nothing outside reaches a container's loopback address.
ENV HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/transcription-server", "healthcheck"]
ENTRYPOINT ["/transcription-server"]

FROM server AS local
COPY --from=model /model /model
ENV LOCAL_MODEL=/model

# Without --target.
FROM server
