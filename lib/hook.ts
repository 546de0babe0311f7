import {
  permissionFlags,
  type Places,
  RECONCILE_PROFILES,
  type Stage,
  SUPERVISE_PERMS,
} from "./stages.ts";

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
  /** Shell lines that come before the `exec`. */
  prepare: string;
  /** Shell words in front of `env`. */
  drop: string;
  /** Environment for the stage, as shell words. */
  env: readonly string[];
  /** Arguments for the stage, as shell words. */
  args: readonly string[];
}

const HOOKS: readonly Hook[] = [
  {
    stage: SUPERVISE_PERMS,
    places: {
      scandir: "${S6_PROFILE_GATEWAY_SCANDIR:-/run/service}",
      servicedirs: "/run/s6-rc/servicedirs",
    },
    prepare: `[ "$(id -u)" -eq 0 ] || {
  echo "$prog: info: not root: there is nothing to share"
  exit 0
}
# UID and GID may be remapped: ask.
owner=$(id -u hermes):$(id -g hermes) || {
  echo "$prog: fatal: no user hermes" >&2
  exit 1
}
`,
    drop: "",
    env: [],
    args: [`"--servicedirs=$servicedirs"`, `"--scandir=$scandir"`, `"--owner=$owner"`],
  },
  {
    stage: RECONCILE_PROFILES,
    places: {
      home: "${HERMES_HOME:-/opt/data}",
      scandir: "${S6_PROFILE_GATEWAY_SCANDIR:-/run/service}",
    },
    prepare: `drop="s6-setuidgid hermes"
[ "$(id -u)" -eq 0 ] || drop=
`,
    drop: "$drop ",
    env: [`"HERMES_HOME=$home"`, `"S6_PROFILE_GATEWAY_SCANDIR=$scandir"`],
    args: [],
  },
];

/** The hooks by their place in the image, relative to the root. */
export const HOOK_FILES: ReadonlyMap<string, () => string> = new Map(
  HOOKS.map((hook) => [`etc/cont-init.d/${hook.stage.name}`, () => render(hook)]),
);

const CHECKED = { home: "HERMES_HOME", scandir: "S6_PROFILE_GATEWAY_SCANDIR" } as const;

function render({ stage, places, prepare, drop, env, args }: Hook): string {
  const set = Object.entries(places).map(([name, word]) => `${name}=${word}\n`).join("");
  const checks = Object.entries(CHECKED).filter(([place]) => place in places)
    .map(([place, variable]) => `absolute ${variable} "$${place}"\n`).join("");
  // The flags stand in double quotes, so these expand in the shell.
  const words: Places = {
    home: "$home",
    scandir: "$scandir",
    servicedirs: "$servicedirs",
    out: "$out",
  };
  const command = [
    `exec ${drop}env -i NO_COLOR=1 DENO_DIR=${INSTALL_DIR}/deno_dir`,
    ...env,
    `${DENO} run ${RUN_FLAGS.join(" ")}`,
    ...permissionFlags(stage.permissions(words)).map((flag) => `"${flag}"`),
    `${INSTALL_DIR}/${stage.entry}`,
    ...args,
  ].join(" \\\n  ");
  return `#!/command/with-contenv sh
# Runs in cont-init.d as root${drop === "" ? "" : ", and becomes hermes before Deno starts"}.
# ${stage.purpose[0]?.toUpperCase()}${stage.purpose.slice(1)}.
# Generated from lib/stages.ts and lib/hook.ts by "deno task generate"; do not edit.
prog=${stage.name}
${set}nl='
'
absolute() {
  case $2 in
    *[,"$nl"]*) ;;
    /*) return ;;
  esac
  echo "$prog: fatal: $1: expected an absolute path without a comma or a newline" >&2
  exit 2
}
${checks}${prepare}${command}
`;
}
