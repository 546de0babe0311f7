import { ISOLATED_SCANDIR, SHARED_SCANDIR } from "../s6/places.ts";

/**
 * Makes shell lines for a container with a `--user` who is neither root nor
 * hermes: 01-hermes-setup says what to do instead, so that everything else does
 * nothing and says nothing.
 *
 * @param commands What such a user does.
 * @returns The lines; they do nothing for root and hermes.
 */
export function forStrangers(commands: string): string {
  return `case $(id -u) in
  0 | "$(id -u hermes 2>/dev/null || id -u)") ;;
  *)
    ${commands.replaceAll("\n", "\n    ")}
    ;;
esac
`;
}

const CAP_DAC_OVERRIDE = 1 << 1;
/** The capability to signal other users' processes, as a bit of {@linkcode CAPABILITIES}. */
export const CAP_KILL = 1 << 5;
const NEEDED = CAP_DAC_OVERRIDE | CAP_KILL;

/** Shell lines that set `caps`, the effective capabilities as `$((…))` takes them. */
export const CAPABILITIES =
  `while read -r key caps; do [ "$key" != CapEff: ] || break; done </proc/self/status
caps=$((0x$caps))
`;

/**
 * Shell lines that set `mode` to `shared` or `isolated`, `why` to what speaks
 * against shared supervision, and `scandir`; `prog` must be set before them.
 *
 * Unless `HERMES_SUPERVISION` says which, it is shared where that can work:
 * root's s6-supervise needs CAP_DAC_OVERRIDE to use what hermes owns and
 * CAP_KILL to signal what runs as hermes.
 */
export const SUPERVISION_MODE = `${CAPABILITIES}mode=\${HERMES_SUPERVISION-} why=''
if [ "$(id -u)" -eq 0 ] && [ $((caps & ${NEEDED})) -ne ${NEEDED} ]; then
  why="root lacks CAP_DAC_OVERRIDE or CAP_KILL"
  mode=\${mode:-isolated}
fi
mode=\${mode:-shared}
case $mode in
  shared) scandir=\${S6_PROFILE_GATEWAY_SCANDIR:-${SHARED_SCANDIR}} ;;
  isolated) scandir=\${S6_PROFILE_GATEWAY_SCANDIR:-${ISOLATED_SCANDIR}} ;;
  *)
    echo "$prog: fatal: HERMES_SUPERVISION: expected shared or isolated" >&2
    exit 2
    ;;
esac
`;

/**
 * Shell lines that define `become_hermes COMMAND...`, which ends a `run`.
 *
 * It execs where it can, and exits 78 where nobody may: see
 * {@linkcode forStrangers}. Root without CAP_KILL could not pass s6-supervise's
 * SIGTERM on to what runs as hermes, so there it stays, as the parent, and has
 * hermes do it. If the parent is killed, {@linkcode END_CHILD} ends the child.
 */
export const BECOME_HERMES = `become_hermes() {
  ${forStrangers("exit 78").trimEnd().replaceAll("\n", "\n  ")}
  [ "$(id -u)" -eq 0 ] || exec "$@"
  ${CAPABILITIES.trimEnd().replaceAll("\n", "\n  ")}
  [ $((caps & ${CAP_KILL})) -eq 0 ] || exec s6-setuidgid hermes "$@"
  s6-setuidgid hermes "$@" &
  child=$!
  echo "$child" >"\${0%/*}/child" # for finish
  exec 3>&- # a readiness notification is the child's to give
  # A trapped signal ends a wait early, with a code that is not the child's;
  # 127 is what waiting for it once more than needed gives.
  trap 'again=1; s6-setuidgid hermes sh -c "kill $child"' TERM
  code=127
  while again='' && { wait "$child"; got=$?; }; do
    [ "$got" -eq 127 ] || code=$got
    [ -n "$again" ] || break
  done
  exit "$code"
}
`;

/** Shell lines for `finish`: they end what a `become_hermes` that was killed has left behind. */
export const END_CHILD =
  `if [ "$1" -eq 256 ] && { read -r child <"\${0%/*}/child"; } 2>/dev/null; then
  s6-setuidgid hermes sh -c 'kill -s KILL "$0"' "$child" 2>/dev/null
fi
`;
