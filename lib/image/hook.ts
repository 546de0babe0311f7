import { RULE_VARIABLES } from "../rules/rules.ts";
import {
  HERMES_SETUP,
  permissionFlags,
  type Places,
  RECONCILE_PROFILES,
  type Stage,
  SUPERVISE_PERMS,
} from "./stages.ts";
import { forStrangers, SUPERVISION_MODE } from "./supervision_mode.ts";
import { ISOLATED_DIR, ISOLATED_SCANDIR } from "../s6/places.ts";

/** Where the suite lives in the image. */
export const INSTALL_DIR = "/opt/hermes-boot";

/** Where Deno is in the image. */
export const DENO = "/usr/local/bin/deno";

/** What settles hermes's IDs. */
export const HERMES_IDS = `${INSTALL_DIR}/libexec/hermes-ids`;

/** The flags every stage is started with, before its permissions. */
export const RUN_FLAGS: readonly string[] = ["--no-prompt", "--cached-only", "--quiet"];

/** A boot stage's hook: what its shell does before Deno starts. */
interface Hook {
  stage: Stage;
  /** The places it uses, each with the shell word that is its value. */
  places: Partial<Record<keyof Places, string>>;
  /** Shell words for its permissions that differ from {@linkcode PLACE_WORDS}. */
  words: Partial<Places>;
  /** Whether it goes by the mode of supervision. Default: `true`. */
  supervision?: false;
  /** What it does for who is neither root nor hermes. Default: `exit 2`. */
  stranger?: string;
  /** Shell lines that come before the `exec`. */
  prepare: string;
  /** Shell words in front of `env`. */
  drop: string;
  /** Environment for the stage, as shell words. */
  env: readonly string[];
  /** Arguments for the stage, as shell words. */
  args: readonly string[];
  /** A shell word for its standard input. Default: the hook's own. */
  stdin?: string;
}

// The static services that are hermes's to control when root's scandir is not.
const SERVICES_OF_HERMES = "dashboard,gateways,profile-watch";

// The service gateways needs its scandir also where 02 makes no slots: until it
// is ready s6-rc brings up nothing else. If it cannot be made 02 says why.
// Where /run is no tmpfs an engine's restart keeps it. s6-overlay wipes
// /run/service then; this does the same unless an s6-svscan is at work there.
const MAKE_SCANDIR = `make_scandir() {
  [ "$mode" = isolated ] || return 0
  [ "$scandir" != ${ISOLATED_SCANDIR} ] || "$@" s6-svscanctl "$scandir" 2>/dev/null ||
    "$@" rm -rf "$scandir"
  "$@" mkdir -p "$scandir" 2>/dev/null || :
}
`;

/**
 * Shell lines that set `command` to the file that is the container's command
 * line, such as `/proc/1/cmdline`, or to `/dev/null`.
 */
// read drops the NULs between the arguments; s6-overlay 2 has the command on PID 1.
export const FIND_COMMAND = `command=/dev/null
for dir in /proc/1 /proc/[0-9]*; do
  line=
  { read -r line <"$dir/cmdline"; } 2>/dev/null
  case $dir:$line in
    /proc/1:/init* | *:*/rc.inittop*) ;;
    *) continue ;;
  esac
  [ ! -O "$dir" ] || { command=$dir/cmdline && break; }
done
`;

const PASSED_ON = [...RULE_VARIABLES, "HERMES_GATEWAY_NO_SUPERVISE"];

const HOOKS: readonly Hook[] = [
  {
    stage: HERMES_SETUP,
    places: { home: "${HERMES_HOME:-/opt/data}" },
    words: {},
    supervision: false,
    prepare: `while case $home in ?*/) ;; *) false ;; esac; do home=\${home%/}; done
[ "$home" != / ] || {
  echo "$prog: fatal: HERMES_HOME: expected a directory of its own, got /" >&2
  exit 2
}
owner=$(${HERMES_IDS} "$prog") || exit
drop=
if [ "$(id -u)" -ne 0 ]; then
  owner=
# Who can change a directory above the home could swap the home under root's hands.
elif s6-setuidgid hermes sh -c '
  while [ -n "$1" ]; do
    set -- "\${1%/*}"
    if [ -w "\${1:-/}" ] || [ -O "\${1:-/}" ]; then exit 0; fi
  done
  exit 1' sh "$home"; then
  owner='' drop="s6-setuidgid hermes"
  echo "$prog: info: $home is in a directory that hermes can change: nothing is given away"
fi
`,
    drop: "$drop timeout 120 ",
    env: [],
    args: [`"--home=$home"`, '${owner:+"--owner=$owner"}'],
  },
  {
    stage: SUPERVISE_PERMS,
    places: { servicedirs: "/run/s6-rc/servicedirs" },
    // With isolated supervision root's scandir stays root's.
    words: { servicedirs: "$places", scandir: "" },
    stranger: `# A base image's own 01 may not have said what is wrong.
grep -qsF ${HERMES_IDS} /etc/cont-init.d/01-hermes-setup || ${HERMES_IDS} "$prog" >/dev/null
exit 2`,
    prepare: `${MAKE_SCANDIR}[ "$(id -u)" -eq 0 ] || {
  echo "$prog: info: not root: there is nothing to share"
  make_scandir
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
  [ -d ${ISOLATED_DIR} ] || { mkdir -m 755 ${ISOLATED_DIR} && chown "$owner" ${ISOLATED_DIR}; } || exit 1
  make_scandir s6-setuidgid hermes
  scandir=''
  # Asked for, it draws a line. Else it is only what can work, and the static services are shared.
  [ -z "\${HERMES_SUPERVISION-}" ] || services=${SERVICES_OF_HERMES}
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
${FIND_COMMAND}`,
    // No read of the volume can hold the boot up for ever.
    drop: "$drop timeout 120 ",
    env: [
      `"HERMES_HOME=$home"`,
      `"S6_PROFILE_GATEWAY_SCANDIR=$scandir"`,
      ...PASSED_ON.map((name) => `"${name}=\${${name}-}"`),
    ],
    args: ["--container-command"],
    stdin: '"$command"',
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
 * @param checked Those to check besides. Default: `scandir`.
 * @returns The lines; `prog`, and the places only checked, must be set before them.
 *
 * @example
 * ```ts
 * import { renderPlaces } from "./hook.ts";
 * renderPlaces({ home: "/opt/data" }).startsWith("home=/opt/data\n"); // true
 * ```
 */
export function renderPlaces(
  places: Partial<Record<keyof Places, string>>,
  checked: readonly (keyof Places)[] = ["scandir"],
): string {
  const set = Object.entries(places).map(([name, word]) => `${name}=${word}\n`).join("");
  const checks = Object.entries(CHECKED).filter(([place]) =>
    [...Object.keys(places), ...checked].includes(place)
  )
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

function render(hook: Hook): string {
  const { stage, places, words, supervision = true, prepare, drop, env, args, stdin } = hook;
  const refuse = forStrangers(hook.stranger ?? "exit 2");
  const command = [
    `exec ${drop}env -i NO_COLOR=1 DENO_DIR=${INSTALL_DIR}/deno_dir`,
    ...env,
    `${DENO} run ${RUN_FLAGS.join(" ")}`,
    ...permissionFlags(stage.permissions({ ...PLACE_WORDS, ...words })).map((flag) => `"${flag}"`),
    `${INSTALL_DIR}/${stage.entry}`,
    ...args,
    ...stdin === undefined ? [] : [`<${stdin}`],
  ].join(" \\\n  ");
  return `#!/command/with-contenv sh
# Runs in cont-init.d as root${
    stage.user === "root" ? "" : ", and becomes hermes before Deno starts"
  }.
# ${stage.purpose[0]?.toUpperCase()}${stage.purpose.slice(1)}.
# Generated from lib/image/stages.ts and lib/image/hook.ts by "deno task generate"; do not edit.
prog=${stage.name}
${
    supervision
      ? refuse + SUPERVISION_MODE + renderPlaces(places)
      : renderPlaces(places, [])
  }${prepare}${command}
`;
}
