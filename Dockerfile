# wordvec as an image: built in one Debian, run in another that holds the libraries and no compiler.
#
#   docker build -t wordvec .                    with --build-arg COMMIT="$(git describe --always)", /info names it
#   docker run -p 127.0.0.1:8080:8080 wordvec                         serves the bundled sample
#   docker run -p 127.0.0.1:8080:8080 -v "$PWD/store.d:/data" wordvec  serves your models
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY deploy/setup deploy/setup
RUN deploy/setup build
COPY . .
ARG COMMIT=unknown
RUN make -j"$(nproc)" SETUP=no WERROR= COMMIT="$COMMIT" install DESTDIR=/out PREFIX=/usr \
    && strip /out/usr/bin/wordvec \
    && /out/usr/bin/wordvec import deploy/sample/classics.50d.txt.gz --store /out/usr/share/wordvec/sample \
    && rm -r /out/usr/lib /out/usr/share/wordvec/sample/classics.50d.txt.gz

FROM ${BASE}
RUN --mount=type=bind,source=deploy/setup,target=/run/setup \
    sh /run/setup runtime && rm -rf /var/lib/apt/lists/* \
    && install -d -o 65532 -g 65532 /data
COPY --from=build /out/usr /usr
LABEL org.opencontainers.image.title="wordvec" \
      org.opencontainers.image.description="Network lookup service for pretrained word embeddings" \
      org.opencontainers.image.licenses="MIT"
# Inside a container only the published ports are open, so listening on every address is what is wanted. The sample
# is served as long as /data holds no model.
ENV WORDVEC_STORE=/data \
    WORDVEC_LISTEN=0.0.0.0:8080 \
    WORDVEC_INSECURE_BIND=1 \
    WORDVEC_FALLBACK_STORE=/usr/share/wordvec/sample
# A number, so that an orchestrator can see that it is not root. Nothing is written but /data, and that by import alone.
USER 65532:65532
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["wordvec", "healthcheck"]
ENTRYPOINT ["wordvec"]
CMD ["serve"]
