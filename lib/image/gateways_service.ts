import { renderOptInService } from "./opt_in_service.ts";
import { BECOME_HERMES, forStrangers, SUPERVISION_MODE } from "./supervision_mode.ts";

// The service has a notification-fd (3): s6-rc would take an exit before the
// readiness for a failed start, and one right after it for a broken pipe.
const REST = `rest() {
  echo >&3
  sleep 1
  exit "$1"
}
`;

// s6-rc waits for it: it must be ready, whatever the settings are. 015 and 02
// have said what is wrong with them.
const guard = (exitCode: number) =>
  `prog=gateways
${exitCode === 0 ? REST : "rest() { exit 125; }\n"}case \${HERMES_SUPERVISION-} in
  "" | shared | isolated) ;;
  *) rest ${exitCode} ;;
esac
${SUPERVISION_MODE}${forStrangers(`rest ${exitCode}`)}[ "$mode" = isolated ] || rest ${exitCode}
`;

/** How many services isolated supervision can hold; a gateway and its logger may count as two. */
export const MAX_SERVICES = 8000;

// An s6-svscan that did not end by itself leaves its s6-supervise processes
// behind. They would keep the next s6-svscan's out, and nobody could end them.
// When the service is not wanted up, the gateways have had timeout-kill to stop.
// A logger comes to the end of its input when nothing writes to it any more.
const END_SUPERVISORS = `[ "$1" -eq 0 ] || {
  limit=0
  [ "$(s6-svstat -o wantedup . 2>/dev/null)" = false ] || limit=50
  become_hermes sh -c '
  end() {
    for dir in "$@"; do
      while s6-svok "$dir"; do
        [ "$tries" -lt "$limit" ] || s6-svc -k "$dir"
        tries=$((tries + 1))
        sleep 0.1
      done
    done
  }
  tries=0 limit=$1
  for dir in "$0"/gateway-*/; do s6-svc -xd "$dir"; done
  end "$0"/gateway-*/
  tries=0 limit=5
  for dir in "$0"/gateway-*/log/; do s6-svc -x "$dir"; done
  end "$0"/gateway-*/log/
  exit 0' "$scandir" "$limit" 2>/dev/null
}
`;

// s6-svscan's own limit is 500 services, or from s6 2.12 on 1000 of which a
// gateway and its logger are two. The option was renamed; 100 is a usage error.
const RUN = `max=-C
s6-svscan -C 2 /dev/null/none 2>/dev/null 3>&-
[ $? -ne 100 ] || max=-c
become_hermes s6-svscan "$max" ${MAX_SERVICES} -d3 -- "$scandir"
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
    source: "lib/image/gateways_service.ts",
    guard,
    run: RUN,
    cleanUp: BECOME_HERMES + END_SUPERVISORS,
  });
}
