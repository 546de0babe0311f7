# The default target, runtime, is the image: BASE_IMAGE has to bring hermes. `--target demo` adds a
# stand-in hermes and a few profiles.
ARG BASE_IMAGE=debian:bookworm-slim
ARG DENO_IMAGE=denoland/deno:bin-2.9.6
# Where the first stages run: Debian or a derivative.
ARG BUILD_IMAGE=debian:bookworm-slim

FROM ${DENO_IMAGE} AS deno

FROM ${BUILD_IMAGE} AS s6-overlay
USER root
COPY --from=deno /deno /usr/local/bin/deno
ARG TARGETARCH
ARG S6_OVERLAY_URL=https://github.com/just-containers/s6-overlay/releases/download
ARG S6_OVERLAY_VERSION=3.2.3.2
ARG S6_OVERLAY_SHA256_NOARCH=5379750ed30a84bbd2e2dd74847ba6b5bd29cd0b2e3ea2ec58049b57eb2eda12
ARG S6_OVERLAY_SHA256_X86_64=e6befcc96a437a3831386ecfc51808c5d3e939dc5fe3c02ae9284599e8aa2408
ARG S6_OVERLAY_SHA256_AARCH64=b17f17a82e7a515c682a91edaf2ffdabb73f891981b6c1fd712115693a2f8b4c
ARG S6_OVERLAY_SHA256_SYMLINKS_NOARCH=a215675c375aca9efecde3065df22b19fb8dcdc1362566931c6b5e778099a0fb
# Debian's slim image has neither curl nor xz, but Deno can download and apt can decompress.
RUN set -eu; \
    fatal() { echo "s6-overlay: error: $*" >&2; exit 1; }; \
    unpack() { \
      name=s6-overlay-$1.tar.xz; \
      url=$S6_OVERLAY_URL/v$S6_OVERLAY_VERSION/$name; \
      deno eval 'const response = await fetch(Deno.args[0]); \
        if (!response.ok) throw new Error(`HTTP ${response.status}`); \
        await response.body.pipeTo(Deno.stdout.writable);' "$url" >"/tmp/$name" \
        || fatal "cannot download $url"; \
      found=$(sha256sum <"/tmp/$name" | cut -d ' ' -f 1); \
      [ "$found" = "$2" ] || fatal "$name: expected SHA-256 $2, got $found"; \
      /usr/lib/apt/apt-helper cat-file "/tmp/$name" | tar -C /s6-overlay -xp; \
    }; \
    arch=${TARGETARCH:-$(dpkg --print-architecture)}; \
    case $arch in \
      amd64) machine=x86_64 sum=$S6_OVERLAY_SHA256_X86_64 ;; \
      arm64) machine=aarch64 sum=$S6_OVERLAY_SHA256_AARCH64 ;; \
      *) fatal "expected the architecture amd64 or arm64, got '$arch'" ;; \
    esac; \
    mkdir /s6-overlay; \
    unpack noarch "$S6_OVERLAY_SHA256_NOARCH"; \
    unpack "$machine" "$sum"; \
    unpack symlinks-noarch "$S6_OVERLAY_SHA256_SYMLINKS_NOARCH"

FROM ${BUILD_IMAGE} AS suite
USER root
COPY --from=deno /deno /usr/local/bin/deno
WORKDIR /src
COPY deno.json deno.lock ./
COPY lib/ lib/
COPY tasks/ tasks/
ARG NPM_CONFIG_REGISTRY
RUN deno task --quiet bundle --outdir /opt/hermes-boot/tasks
WORKDIR /opt/hermes-boot
COPY rootfs/opt/hermes-boot/ ./
COPY rootfs/ /rootfs/
# Fills the cache that the hooks use read-only.
RUN set -eu; \
    DENO_DIR=/opt/hermes-boot/deno_dir sh /src/tasks/warm_cache.sh; \
    chmod -R a=rX /opt/hermes-boot; \
    chmod -R u=rwX,go=rX /rootfs

FROM ${BASE_IMAGE} AS image
LABEL org.opencontainers.image.title="hermes-boot" \
  org.opencontainers.image.description="Boots and supervises the gateways of Hermes profiles" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="0.1.0"
USER root
RUN set -eu; \
    id hermes >/dev/null 2>&1 || { \
      groupadd -g 10000 hermes; \
      useradd -u 10000 -g hermes -d /opt/data -M -s /bin/sh hermes; \
    }; \
    mkdir -p /opt/data; \
    chown hermes: /opt/data; \
    [ ! -e /etc/cont-init.d/01-hermes-setup ] || mv /etc/cont-init.d/01-hermes-setup /var/tmp/
COPY --from=deno /deno /usr/local/bin/deno
COPY --from=s6-overlay /s6-overlay/ /
COPY --from=suite /opt/hermes-boot/ /opt/hermes-boot/
COPY --from=suite /rootfs/ /
# s6-overlay ignores user-bundles.d where a base image made for an older one left these.
RUN cd /etc/s6-overlay; \
    for bundle in user user2; do \
      [ ! -d "s6-rc.d/$bundle" ] || \
        { cp -R "s6-rc.d/$bundle" user-bundles.d/ && rm -r "s6-rc.d/$bundle"; } || exit; \
    done
# Which version of hermes it is decides how many gateways there are.
RUN /command/s6-setuidgid hermes /opt/hermes-boot/libexec/hermes-version >/opt/hermes-boot/hermes-version
# A base image's own set-up stays in charge.
RUN [ ! -e /var/tmp/01-hermes-setup ] || mv /var/tmp/01-hermes-setup /etc/cont-init.d/
# For Compose files and templates that name the entrypoint of images before s6.
RUN for tini in /usr/bin/tini /sbin/tini /tini; do \
      [ -e "$tini" ] || ln -s /opt/hermes-boot/libexec/tini "$tini" || exit; \
    done
# PATH is for `docker exec`; services have /command in theirs. S6_CMD_ARG0 runs the command as hermes; a
# base image's own stays.
ENV HERMES_HOME=/opt/data PATH=/opt/hermes-boot/bin:${PATH}:/command \
  S6_CMD_ARG0=${S6_CMD_ARG0:-/opt/hermes-boot/libexec/container-command}
ENTRYPOINT ["/opt/hermes-boot/libexec/entrypoint"]
CMD []

FROM image AS demo
COPY tests/stub/hermes /usr/local/bin/hermes
RUN chmod 755 /usr/local/bin/hermes; \
    cd /opt/data; \
    echo '{"gateway_state":"running"}' >gateway_state.json; \
    for profile in coder:running scout:draining writer:stopped; do \
      dir=profiles/${profile%:*}; \
      mkdir -p "$dir"; \
      echo "I am ${profile%:*}." >"$dir/SOUL.md"; \
      echo "{\"gateway_state\":\"${profile#*:}\"}" >"$dir/gateway_state.json"; \
    done; \
    chown -R hermes: /opt/data

# Last, so that it is what a build without --target makes.
FROM image AS runtime
ARG ALLOW_NO_HERMES
RUN [ "$ALLOW_NO_HERMES" = 1 ] || PATH=${PATH#/opt/hermes-boot/bin:} command -v hermes >/dev/null || { \
      echo "error: BASE_IMAGE has no hermes on PATH: name one that has," \
        "--build-arg BASE_IMAGE=nousresearch/hermes-agent, or add --build-arg ALLOW_NO_HERMES=1" >&2; \
      exit 1; \
    }
