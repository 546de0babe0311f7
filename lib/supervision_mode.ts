/** The scandir of shared supervision: PID 1's own. */
export const SHARED_SCANDIR = "/run/service";

/** Where isolated supervision lives; its owner is hermes. */
export const ISOLATED_DIR = "/run/hermes";

/** The scandir of isolated supervision: of an s6-svscan that runs as hermes. */
export const ISOLATED_SCANDIR = `${ISOLATED_DIR}/service`;

/**
 * Shell lines that set `mode` to `shared` or `isolated`, `why` to the reason
 * if it was chosen here, `can_kill` to whether root can signal hermes, and
 * `scandir`; `prog` must be set before them.
 *
 * Unless `HERMES_SUPERVISION` says which, it is shared where that can work:
 * root's s6-supervise needs CAP_DAC_OVERRIDE to use what hermes owns and
 * CAP_KILL to signal what runs as hermes.
 */
export const SUPERVISION_MODE = `mode=\${HERMES_SUPERVISION-} why='' can_kill=true
if [ "$(id -u)" -eq 0 ]; then
  while read -r key caps; do [ "$key" != CapEff: ] || break; done </proc/self/status
  [ $((0x$caps & 0x20)) -ne 0 ] || can_kill=false
  if [ $((0x$caps & 0x22)) -ne $((0x22)) ]; then
    why="root lacks CAP_DAC_OVERRIDE or CAP_KILL"
    mode=\${mode:-isolated}
  fi
fi
mode=\${mode:-shared}
case $mode in
  shared) scandir=\${S6_PROFILE_GATEWAY_SCANDIR:-${SHARED_SCANDIR}} ;;
  isolated) scandir=\${S6_PROFILE_GATEWAY_SCANDIR:-${ISOLATED_SCANDIR}} ;;
  *)
    echo "$prog: fatal: HERMES_SUPERVISION: expected shared or isolated, got '$mode'" >&2
    exit 2
    ;;
esac
`;
