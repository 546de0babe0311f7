import { renderOptInService } from "./opt_in_service.ts";
import { SUPERVISION_MODE } from "./supervision_mode.ts";

// Exiting before it is ready would make s6-rc report a failed start, so a
// service that rests says that it is ready first (notification-fd is 3).
const guard = (exitCode: number) =>
  `prog=gateways
${SUPERVISION_MODE}[ "$mode" = isolated ] || {
  ${exitCode === 0 ? "echo >&3\n  " : ""}exit ${exitCode}
}
`;

// Root without CAP_KILL cannot pass s6-supervise's SIGTERM on to what runs as
// hermes; it can still become hermes and ask.
const RUN = `if $can_kill; then
  exec s6-setuidgid hermes s6-svscan -d3 -- "$scandir"
fi
trap 's6-setuidgid hermes s6-svscanctl -t "$scandir"' TERM
s6-setuidgid hermes s6-svscan -d3 -- "$scandir" &
child=$!
exec 3>&-
# A trapped signal ends a wait early.
while [ -d "/proc/$child" ]; do wait "$child"; code=$?; done
exit "$code"
`;

/**
 * Renders the scripts of the static service `gateways`: with isolated
 * supervision an s6-svscan that runs as hermes, with shared supervision at
 * rest. Pure; no permission is needed.
 *
 * @returns The content of each file, by its name in the service's source
 * directory; each is 0o755.
 *
 * @example
 * ```ts
 * import { renderGateways } from "./gateways_service.ts";
 * [...renderGateways().keys()]; // ["run", "finish"]
 * ```
 */
export function renderGateways(): Map<string, string> {
  return renderOptInService({ source: "lib/gateways_service.ts", guard, run: RUN });
}
