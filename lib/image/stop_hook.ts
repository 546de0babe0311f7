import { CAP_KILL, forStrangers, SUPERVISION_MODE } from "./supervision_mode.ts";

/** Where the hook lies, below the tree that mirrors the image's root. */
export const STOP_HOOK_FILE = "etc/cont-finish.d/02-stop-gateways";

/**
 * How long a gateway may take to stop before it is killed, in milliseconds; the
 * service `gateways` has the same in `timeout-kill`. An engine's own limit is
 * 10 s by default, of which s6-linux-init's S6_KILL_GRACETIME takes 3.
 */
export const STOP_MS = 5000;

// s6-linux-init-shutdownd renames what is in /run/service, to
// `.s6-linux-init-shutdownd:NAME:XXXXXX`; what it cannot rename stays
// supervised, and PID 1 waits for that.
const MAX_RENAMED = 255 - ".s6-linux-init-shutdownd::XXXXXX".length;

// Each gateway on its own: a slot that is broken takes no time from the others.
// s6-log is reading while it is stopped; the last lines need a moment.
const STOP = `stopped=
  for dir in "$0"/gateway-*/; do
    s6-svok "$dir" || continue
    stopped=1
    { s6-svc -wD -T${STOP_MS} -d "$dir" || s6-svc -wD -T1000 -dk "$dir"; } &
  done
  wait
  [ -z "$stopped" ] || sleep 0.2
  n=0
  for dir in "$0"/gateway-*/; do
    dir=\${dir%/} name=\${dir##*/}
    [ \${#name} -gt ${MAX_RENAMED} ] && mv "$dir" "$0/.stopped-$((n += 1))"
  done`;

// As hermes, kill -1 is every process of hermes but the shell itself. PID 1
// waits for all there are, and root could not signal them; meanwhile
// s6-linux-init-shutdownd(8) sleeps.
const SWEEP = "kill -s TERM -- -1; { sleep 2; kill -s KILL -- -1; } >/dev/null & exit 0";

/**
 * Renders the cont-finish.d hook that stops the gateways with the container.
 * s6-overlay runs it when the static services are down. What is left then is
 * sent SIGTERM all at once, s6-log as well as the gateway that is still
 * writing to it, and SIGKILL after S6_KILL_GRACETIME. So with shared
 * supervision the gateways are stopped here, while their loggers still listen;
 * with isolated supervision they are down. Root without CAP_KILL has hermes
 * kill what a gateway has left behind. Pure; no permission is needed.
 *
 * @returns The hook's content; it is 0o755.
 *
 * @example
 * ```ts
 * import { renderStopHook } from "./stop_hook.ts";
 * renderStopHook().startsWith("#!/command/with-contenv sh"); // true
 * ```
 */
export function renderStopHook(): string {
  return `#!/command/with-contenv sh
# Runs in cont-finish.d as root; what acts is hermes.
# Stops the gateways, and waits until they are down.
# Generated from lib/image/stop_hook.ts by "deno task generate"; do not edit.
prog=02-stop-gateways
${forStrangers("exit 0")}${SUPERVISION_MODE}drop="s6-setuidgid hermes"
[ "$(id -u)" -eq 0 ] || drop=
$drop sh -c '${STOP}' "$scandir" 2>/dev/null
[ "$(id -u)" -ne 0 ] || [ $((caps & ${CAP_KILL})) -ne 0 ] || \\
  s6-setuidgid hermes sh -c '${SWEEP}' 2>/dev/null
exit 0
`;
}
