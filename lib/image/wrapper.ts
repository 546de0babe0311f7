import { type Command, COMMANDS } from "./commands.ts";
import { DENO, INSTALL_DIR, PLACE_WORDS, renderPlaces, RUN_FLAGS } from "./hook.ts";
import { RULE_VARIABLES } from "../rules/rules.ts";
import { S6_BIN } from "../s6/run.ts";
import { permissionFlags } from "./stages.ts";
import { ISOLATED_DIR, ISOLATED_SCANDIR, SHARED_SCANDIR } from "../s6/places.ts";

/** Where gatewayctl is in the image, relative to the root. */
export const WRAPPER_FILE = "usr/local/bin/gatewayctl";

// What Deno could read only with every permission, or not at all; df's numbers
// are the total, the used and the free KiB or inodes.
const FACTS = `facts() {
  if read -r name </proc/1/comm; then echo "pid1 $name"; fi
  echo "owner $(id -u):$(id -g)"
  for kind in k i; do
    df -P$kind -- "$home" | sed -n "2s/^/df $kind home /p"
    df -P$kind -- "$scandir" | sed -n "2s/^/df $kind scandir /p"
  done
  grep -zahA1 '^s6-supervise$' /proc/[0-9]*/cmdline | tr '\\0' '\\n' |
    sed -n 's/^gateway-/supervised gateway-/p'
}
`;

function renderCase({ name, permissions }: Command): string {
  const flags = permissionFlags(permissions(PLACE_WORDS)).map((flag) => `"${flag}" \\\n      `);
  return `  ${name})
    set -- ${flags.join("")}"$entry" "$@"
    ;;
`;
}

/**
 * Renders the shell script that starts gatewayctl: as hermes, with the
 * permissions of the command that was asked for and no others.
 * Pure; no permission is needed.
 *
 * @returns The script.
 *
 * @example
 * ```ts
 * import { renderWrapper } from "./wrapper.ts";
 * renderWrapper().startsWith("#!/bin/sh\n"); // true
 * ```
 */
export function renderWrapper(): string {
  const places = renderPlaces({
    home: "${HERMES_HOME:-/opt/data}",
    scandir: "${S6_PROFILE_GATEWAY_SCANDIR:-$default_scandir}",
  });
  return `#!/bin/sh
# What an operator calls inside the container; root becomes hermes first.
# Generated from lib/image/commands.ts and lib/image/wrapper.ts by "deno task generate"; do not edit.
prog=gatewayctl
[ "$(id -u)" -ne 0 ] || exec ${S6_BIN}/s6-setuidgid hermes "$0" "$@"
default_scandir=${SHARED_SCANDIR}
[ ! -d ${ISOLATED_DIR} ] || default_scandir=${ISOLATED_SCANDIR}
${places}entry=${INSTALL_DIR}/tasks/gatewayctl.ts
command=\${1-}
case $command in
${COMMANDS.map(renderCase).join("")}  *)
    set -- "$entry" "$@"
    ;;
esac
start() {
  exec env -i DENO_DIR=${INSTALL_DIR}/deno_dir \\
    \${NO_COLOR:+NO_COLOR=1} \${TZ:+"GATEWAYCTL_TZ=$TZ"} \\
    "HERMES_HOME=$home" "S6_PROFILE_GATEWAY_SCANDIR=$scandir" \\
    ${RULE_VARIABLES.map((name) => `\${${name}:+"${name}=$${name}"}`).join(" ")} \\
    ${DENO} run ${RUN_FLAGS.join(" ")} "$@"
}
${FACTS}[ "$command" = doctor ] || start "$@"
facts 2>/dev/null | start "$@"
`;
}
