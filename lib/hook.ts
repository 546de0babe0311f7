import {
  permissionFlags,
  type Places,
  RECONCILE_PROFILES,
  type Stage,
  SUPERVISE_PERMS,
} from "./stages.ts";
import { ISOLATED_DIR, SUPERVISION_MODE } from "./supervision_mode.ts";

/** Where the suite lives in the image. */
export const INSTALL_DIR = "/opt/hermes-boot";

/** Where Deno is in the image. */
export const DENO = "/usr/local/bin/deno";

/** The flags every stage is started with, before its permissions. */
export const RUN_FLAGS: readonly string[] = ["--no-prompt", "--cached-only", "--quiet"];

/** A boot stage's hook: what its shell does before Deno starts. */
interface Hook {
  stage: Stage;
  /** The places it uses, each with the shell word that is its value. */
  places: Partial<Record<keyof Places, string>>;
  /** Shell words for its permissions that differ from {@linkcode PLACE_WORDS}. */
  words: Partial<Places>;
  /** Shell lines that come before the `exec`. */
  prepare: string;
  /** Shell words in front of `env`. */
  drop: string;
  /** Environment for the stage, as shell words. */
  env: readonly string[];
  /** Arguments for the stage, as shell words. */
  args: readonly string[];
}

// The static services that are hermes's to control when root's scandir is not.
const SERVICES_OF_HERMES = "dashboard,gateways";

const HOOKS: readonly Hook[] = [
  {
    stage: SUPERVISE_PERMS,
    places: { servicedirs: "/run/s6-rc/servicedirs" },
    // With isolated supervision root's scandir stays root's.
    words: { servicedirs: "$places", scandir: "" },
    prepare: `[ "$(id -u)" -eq 0 ] || {
  echo "$prog: info: not root: there is nothing to share"
  exit 0
}
# UID and GID may be remapped: ask.
owner=$(id -u hermes):$(id -g hermes) || {
  echo "$prog: fatal: no user hermes" >&2
  exit 1
}
services=''
if [ "$mode" = isolated ]; then
  [ -z "$why" ] || echo "$prog: info: isolated supervision: $why"
  scandir='' services=${SERVICES_OF_HERMES}
  [ -d ${ISOLATED_DIR} ] || { mkdir -m 755 ${ISOLATED_DIR} && chown "$owner" ${ISOLATED_DIR}; } || exit 1
elif [ -n "$why" ]; then
  echo "$prog: warning: shared supervision cannot work: $why; set HERMES_SUPERVISION=isolated" >&2
fi
places=$servicedirs\${scandir:+,$scandir}
`,
    drop: "",
    env: [],
    args: [
      `"--servicedirs=$servicedirs"`,
      `"--services=$services"`,
      `"--scandir=$scandir"`,
      `"--owner=$owner"`,
    ],
  },
  {
    stage: RECONCILE_PROFILES,
    places: { home: "${HERMES_HOME:-/opt/data}" },
    words: {},
    prepare: `drop="s6-setuidgid hermes"
[ "$(id -u)" -eq 0 ] || drop=
`,
    // No read of the volume can hold the boot up for ever.
    drop: "$drop timeout 120 ",
    env: [`"HERMES_HOME=$home"`, `"S6_PROFILE_GATEWAY_SCANDIR=$scandir"`],
    args: [],
  },
];

/** The hooks by their place in the image, relative to the root. */
export const HOOK_FILES: ReadonlyMap<string, () => string> = new Map(
  HOOKS.map((hook) => [`etc/cont-init.d/${hook.stage.name}`, () => render(hook)]),
);

const CHECKED = { home: "HERMES_HOME", scandir: "S6_PROFILE_GATEWAY_SCANDIR" } as const;

/** Places as shell words, for flags in double quotes. */
export const PLACE_WORDS: Places = {
  home: "$home",
  scandir: "$scandir",
  servicedirs: "$servicedirs",
  out: "$out",
};

/**
 * Renders the shell lines that set places and refuse those that could not
 * stand in a flag of `deno run`. Pure; no permission is needed.
 *
 * @param places The places, each with the shell word that is its value.
 * @returns The lines; `prog`, and `scandir` if it is not among the places,
 * must be set before them.
 *
 * @example
 * ```ts
 * import { renderPlaces } from "./hook.ts";
 * renderPlaces({ home: "/opt/data" }).startsWith("home=/opt/data\n"); // true
 * ```
 */
export function renderPlaces(places: Partial<Record<keyof Places, string>>): string {
  const set = Object.entries(places).map(([name, word]) => `${name}=${word}\n`).join("");
  const checks = Object.entries(CHECKED).filter(([place]) => place === "scandir" || place in places)
    .map(([place, variable]) => `absolute ${variable} "$${place}"\n`).join("");
  return `${set}nl='
'
absolute() {
  case $2 in
    *[,"$nl"]*) ;;
    /*) return ;;
  esac
  echo "$prog: fatal: $1: expected an absolute path without a comma or a newline" >&2
  exit 2
}
${checks}`;
}

function render({ stage, places, words, prepare, drop, env, args }: Hook): string {
  const command = [
    `exec ${drop}env -i NO_COLOR=1 DENO_DIR=${INSTALL_DIR}/deno_dir`,
    ...env,
    `${DENO} run ${RUN_FLAGS.join(" ")}`,
    ...permissionFlags(stage.permissions({ ...PLACE_WORDS, ...words })).map((flag) => `"${flag}"`),
    `${INSTALL_DIR}/${stage.entry}`,
    ...args,
  ].join(" \\\n  ");
  return `#!/command/with-contenv sh
# Runs in cont-init.d as root${drop === "" ? "" : ", and becomes hermes before Deno starts"}.
# ${stage.purpose[0]?.toUpperCase()}${stage.purpose.slice(1)}.
# Generated from lib/stages.ts and lib/hook.ts by "deno task generate"; do not edit.
prog=${stage.name}
${SUPERVISION_MODE}${renderPlaces(places)}${prepare}${command}
`;
}
