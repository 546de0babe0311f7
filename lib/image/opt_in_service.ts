import { BECOME_HERMES, END_CHILD } from "./supervision_mode.ts";

/** A static service that rests unless the container's environment turns it on. */
export interface OptInService {
  /** The module that describes it, for the scripts' first lines. */
  source: string;
  /**
   * Makes shell lines that do nothing when the service is on and exit when it
   * is off.
   *
   * @param exitCode The code to exit with.
   * @returns The lines.
   */
  guard(exitCode: number): string;
  /** The shell lines of `run` when the service is on; the last one is `become_hermes COMMAND...`. */
  run: string;
  /** Shell lines of `finish` before a restart. Default: none. */
  cleanUp?: string;
}

/**
 * Makes a guard from an environment variable: `1`, `true`, `yes` and `on` in
 * any case turn the service on. Pure; no permission is needed.
 *
 * @param variable The variable's name.
 * @returns The guard.
 *
 * @example
 * ```ts
 * import { switchGuard } from "./opt_in_service.ts";
 * switchGuard("MY_SERVICE")(0).startsWith("case ${MY_SERVICE-} in"); // true
 * ```
 */
export function switchGuard(variable: string): (exitCode: number) => string {
  return (exitCode) =>
    `case \${${variable}-} in
  1 | [Tt][Rr][Uu][Ee] | [Yy][Ee][Ss] | [Oo][Nn]) ;;
  *) exit ${exitCode} ;;
esac
`;
}

/**
 * Renders the scripts of an opt-in service. Off, `run` exits 0 and `finish`
 * 125, so that the service reports down. On, it is restarted whatever it
 * exits, but for 78 (EX_CONFIG).
 *
 * A `down` file cannot keep a service off: s6-rc brings every service of the
 * bundle up at boot. 125 is servicedir(7)'s "do not restart".
 *
 * Pure; no permission is needed.
 *
 * @param service The service.
 * @returns The content of each file, by its name in the service's source
 * directory; each is 0o755.
 *
 * @example
 * ```ts
 * import { renderOptInService, switchGuard } from "./opt_in_service.ts";
 * const files = renderOptInService({
 *   source: "lib/mine.ts",
 *   guard: switchGuard("MY_SERVICE"),
 *   run: "become_hermes my-service\n",
 * });
 * [...files.keys()]; // ["run", "finish"]
 * ```
 */
export function renderOptInService(
  { source, guard, run, cleanUp = "" }: OptInService,
): Map<string, string> {
  const header = `#!/command/with-contenv sh
# Generated from ${source} by "deno task generate"; do not edit.
`;
  return new Map([
    ["run", header + guard(0) + BECOME_HERMES + run],
    ["finish", `${header}${guard(125)}[ "$1" -ne 78 ] || exit 125\n${END_CHILD}${cleanUp}exit 0\n`],
  ]);
}
