import { renderOptInService, switchGuard } from "./opt_in_service.ts";

const RUN = `fatal() {
  echo "dashboard: fatal: $*" >&2
  exit 78
}
host=\${HERMES_DASHBOARD_HOST:-127.0.0.1}
port=\${HERMES_DASHBOARD_PORT:-9119}
case $port in
  *[!0-9]* | ??????*) port_ok=false ;;
  *) [ "$port" -ge 1 ] && [ "$port" -le 65535 ] && port_ok=true || port_ok=false ;;
esac
$port_ok || fatal "HERMES_DASHBOARD_PORT: expected a port from 1 to 65535, got '$port'"
command -v hermes >/dev/null 2>&1 || fatal "no hermes on PATH"
if [ -n "\${HERMES_DASHBOARD_INSECURE-}" ]; then
  echo "dashboard: warning: HERMES_DASHBOARD_INSECURE does nothing; unset it" >&2
fi
export HOME="\${HERMES_HOME:-/opt/data}"
become_hermes hermes dashboard --host "$host" --port "$port" --no-open
`;

/**
 * Renders the scripts of the opt-in static service `dashboard`.
 * Pure; no permission is needed.
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
  return renderOptInService({
    source: "lib/image/dashboard.ts",
    guard: switchGuard("HERMES_DASHBOARD"),
    run: RUN,
  });
}
