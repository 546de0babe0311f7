import { renderOptInService } from "./opt_in_service.ts";
import { SUPERVISION_MODE } from "./supervision_mode.ts";

// The service has a notification-fd (3): s6-rc would take an exit before the
// readiness for a failed start, and one right after it for a broken pipe.
const REST = `echo >&3
  sleep 1
  `;

const guard = (exitCode: number) =>
  `prog=gateways
${SUPERVISION_MODE}[ "$mode" = isolated ] || {
  ${exitCode === 0 ? REST : ""}exit ${exitCode}
}
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
  return renderOptInService({
    source: "lib/gateways_service.ts",
    guard,
    run: 'become_hermes s6-svscan -d3 -- "$scandir"\n',
  });
}
