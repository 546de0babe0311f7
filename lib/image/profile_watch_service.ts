import { syncPermissions } from "./commands.ts";
import { DENO, FIND_COMMAND, INSTALL_DIR, PLACE_WORDS, renderPlaces, RUN_FLAGS } from "./hook.ts";
import { renderOptInService, switchGuard } from "./opt_in_service.ts";
import { RULE_VARIABLES } from "../rules/rules.ts";
import { permissionFlags, type Stage } from "./stages.ts";
import { SUPERVISION_MODE } from "./supervision_mode.ts";

/** Watches the profiles, as the static service `profile-watch`: it may do what a sync may. */
export const PROFILE_WATCH: Stage = {
  name: "profile-watch",
  purpose: "registers profiles that appear and unregisters those that vanish",
  user: "hermes",
  entry: "tasks/watch_profiles.ts",
  permissions: syncPermissions,
};

// Megabytes. With V8's own 16 for new objects a watch grows to 150 instead of
// 75; the other one is far above what 8000 profiles take.
const MEMORY_FLAGS = "--v8-flags=--max-semi-space-size=1,--max-old-space-size=512";

const ENV = [
  "NO_COLOR=1",
  `DENO_DIR=${INSTALL_DIR}/deno_dir`,
  '"HERMES_HOME=$home"',
  '"S6_PROFILE_GATEWAY_SCANDIR=$scandir"',
  ...RULE_VARIABLES.map((name) => `"${name}=\${${name}-}"`),
];

// It is opened last: what sh runs in the background, as become_hermes may, has
// no standard input. s6-overlay's rc.init, whose command line it is, ends once
// everything is up, unless the container has a command.
const WITH_COMMAND_LINE = `/bin/sh -c '
    { command exec "$@" <"$0" 2>&3 3>&-; } 3>&2 2>/dev/null || exec "$@" </dev/null' "$command"`;

const COMMAND = [
  `become_hermes env -i ${ENV.join(" \\\n  ")}`,
  WITH_COMMAND_LINE,
  `${DENO} run ${RUN_FLAGS.join(" ")} ${MEMORY_FLAGS}`,
  ...permissionFlags(PROFILE_WATCH.permissions(PLACE_WORDS)).map((flag) => `"${flag}"`),
  `${INSTALL_DIR}/${PROFILE_WATCH.entry} --container-command`,
].join(" \\\n  ");

// What is wrong with the configuration stays so until the next container start.
const PARK = `[ "$1" -ne 2 ] || exit 125
`;

/**
 * Renders the scripts of the opt-in static service `profile-watch`.
 * Pure; no permission is needed.
 *
 * @returns The content of each file, by its name in the service's source
 * directory; each is 0o755.
 *
 * @example
 * ```ts
 * import { renderProfileWatch } from "./profile_watch_service.ts";
 * [...renderProfileWatch().keys()]; // ["run", "finish"]
 * ```
 */
export function renderProfileWatch(): Map<string, string> {
  const places = renderPlaces({ home: "${HERMES_HOME:-/opt/data}" });
  return renderOptInService({
    source: "lib/image/profile_watch_service.ts",
    guard: switchGuard("HERMES_PROFILE_WATCH"),
    run: `prog=${PROFILE_WATCH.name}\n${SUPERVISION_MODE}${places}${FIND_COMMAND}${COMMAND}\n`,
    cleanUp: PARK,
  });
}
