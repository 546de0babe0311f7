const header = (program: string) =>
  `#!/opt/hermes-boot/libexec/${program} sh
# Generated from lib/image/dashboard.ts by "deno task generate"; do not edit.
. /opt/hermes-boot/libexec/facts.sh
`;

// A down file cannot keep it off: s6-rc brings every service of the bundle up.
const RUN = `${header("alone")}[ -z "$refused" ] && is_on "$HERMES_DASHBOARD" || exit 0
fatal() {
  echo "dashboard: error: $*" >&2
  exit 78
}
host=\${HERMES_DASHBOARD_HOST:-127.0.0.1}
port=\${HERMES_DASHBOARD_PORT:-9119}
case $port in
  *[!0-9]* | ??????*) fatal "HERMES_DASHBOARD_PORT: expected a port from 1 to 65535, got '$port'" ;;
esac
if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
  fatal "HERMES_DASHBOARD_PORT: expected a port from 1 to 65535, got '$port'"
fi
[ -n "$hermes" ] || fatal "this image has no hermes on PATH"
if [ -n "$HERMES_DASHBOARD_INSECURE" ]; then
  echo "dashboard: warning: HERMES_DASHBOARD_INSECURE does nothing; unset it" >&2
fi
exec with-contenv env "HOME=$home" "$hermes" dashboard --host "$host" --port "$port" --no-open
`;

// servicedir(7): 256 is a death by a signal, and what become-hermes says of one begins at 129; 125 is "do
// not restart"; 78 is EX_CONFIG. The limit of deaths is a gateway's.
const FINISH = `${
  header("become-hermes")
}[ "$1" -le 128 ] || /opt/hermes-boot/libexec/end-group leader 10
[ -z "$refused" ] && is_on "$HERMES_DASHBOARD" && [ "$1" -ne 78 ] || exit 125
exec s6-permafailon 120 10 1-255 true
`;

/**
 * Renders the scripts of the static service `dashboard`, which rests unless
 * `HERMES_DASHBOARD` turns it on. On, it is restarted whatever it exits, but
 * for 78 (EX_CONFIG), until it has died ten times in two minutes. The whole of
 * the container's environment reaches it, so that it finds its users' passwords
 * (`HERMES_DASHBOARD_BASIC_AUTH_*`). Pure.
 *
 * @returns The content of each file, by its name in the service's source
 * directory; each is 0o755.
 *
 * @example
 * ```ts
 * import { renderDashboard } from "./dashboard.ts";
 * [...renderDashboard().keys()]; // ["run", "finish"]
 * ```
 */
export function renderDashboard(): Map<string, string> {
  return new Map([["run", RUN], ["finish", FINISH]]);
}
