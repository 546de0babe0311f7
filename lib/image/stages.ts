import { CONFIG_FILE } from "../rules/multiplex.ts";
import { PROFILE_FILES, STALE_FILES, STATE_FILE } from "../profile/list.ts";
import { RULE_VARIABLES } from "../rules/rules.ts";
import { MKFIFO } from "../slot/skeleton.ts";

/** What a stage may do, in the terms of `deno run`'s `--allow-` flags. */
export interface Permissions {
  /** Paths for `--allow-read`. */
  read?: readonly string[];
  /** Paths for `--allow-write`. */
  write?: readonly string[];
  /** Programs for `--allow-run`. */
  run?: readonly string[];
  /** Names for `--allow-env`. */
  env?: readonly string[];
}

/** The places a stage works on: real paths, or shell words in a hook. */
export interface Places {
  /** The Hermes home. */
  home: string;
  /** The scandir. */
  scandir: string;
  /** s6-rc's live service directories. */
  servicedirs: string;
  /** Where the generator writes. */
  out: string;
}

/** One stage: who runs which entry script with which permissions. */
export interface Stage {
  /** The stage's name; for a boot stage also its hook's. */
  name: string;
  /** What it is for, in one line. */
  purpose: string;
  /** Who runs it: at boot root or `hermes`, at build time whoever builds. */
  user: "root" | "hermes" | "builder";
  /** Its entry script, relative to the repository. */
  entry: string;
  /** What it may do. */
  permissions(places: Places): Permissions;
}

/** Makes the home hermes's; stays root where there may be something to give away. */
export const HERMES_SETUP: Stage = {
  name: "01-hermes-setup",
  purpose: "makes the Hermes home and the folders the suite needs in it hermes's",
  user: "root",
  entry: "tasks/hermes_setup.ts",
  permissions: ({ home }) => ({ read: [home], write: [home] }),
};

/** Lets hermes control the static services; stays root. */
export const SUPERVISE_PERMS: Stage = {
  name: "015-supervise-perms",
  purpose: "lets hermes control the static services and publish slots",
  user: "root",
  entry: "tasks/supervise_perms.ts",
  permissions: ({ servicedirs, scandir }) => {
    // Without a scandir it is not shared.
    const places = [servicedirs, scandir].filter((place) => place !== "");
    return { read: places, write: places };
  },
};

/** Recreates the gateways' slots. */
export const RECONCILE_PROFILES: Stage = {
  name: "02-reconcile-profiles",
  purpose: "recreates one slot per profile and starts those that should run",
  user: "hermes",
  entry: "tasks/reconcile_profiles.ts",
  permissions: ({ home, scandir }) => ({
    read: [
      scandir,
      `${home}/profiles`,
      `${home}/logs`,
      ...PROFILE_FILES.map((file) => `${home}/${file}`),
      `${home}/${CONFIG_FILE}`,
    ],
    write: [
      scandir,
      `${home}/profiles`,
      `${home}/logs`,
      ...STALE_FILES.map((file) => `${home}/${file}`),
      `${home}/${STATE_FILE}`,
    ],
    run: [MKFIFO],
    env: [
      "HERMES_HOME",
      "S6_PROFILE_GATEWAY_SCANDIR",
      ...RULE_VARIABLES,
      "HERMES_GATEWAY_NO_SUPERVISE",
    ],
  }),
};

/** Writes the dashboard's run and finish. */
export const GENERATE_DASHBOARD: Stage = {
  name: "generate-dashboard",
  purpose: "writes the run and finish of the static service dashboard",
  user: "builder",
  entry: "tasks/generate_dashboard.ts",
  permissions: ({ out }) => ({ read: [out], write: [out] }),
};

/** Every stage. */
export const STAGES: readonly Stage[] = [
  HERMES_SETUP,
  SUPERVISE_PERMS,
  RECONCILE_PROFILES,
  GENERATE_DASHBOARD,
];

/**
 * Turns permissions into flags for `deno run`. Pure; no permission is needed.
 *
 * @param permissions What is allowed.
 * @returns One flag per kind, in the order read, write, run, env. A comma in
 * a path is doubled, which is how Deno escapes it.
 *
 * @example
 * ```ts
 * import { permissionFlags } from "./stages.ts";
 * permissionFlags({ read: ["/a", "/b"] }); // ["--allow-read=/a,/b"]
 * ```
 */
export function permissionFlags(permissions: Permissions): string[] {
  return (["read", "write", "run", "env"] as const).flatMap((kind) => {
    const values = permissions[kind] ?? [];
    if (values.length === 0) return [];
    return [`--allow-${kind}=${values.map((value) => value.replaceAll(",", ",,")).join(",")}`];
  });
}

/**
 * Words every stage's permissions as a Markdown table.
 * Pure; no permission is needed.
 *
 * @returns The table, each line ending in a newline.
 *
 * @example
 * ```ts
 * import { permissionTable } from "./stages.ts";
 * permissionTable().startsWith("| stage |"); // true
 * ```
 */
export function permissionTable(): string {
  const places = {
    home: "$home",
    scandir: "$scandir",
    servicedirs: "/run/s6-rc/servicedirs",
    out: "its output folder",
  };
  const cell = (values: readonly string[] = []) =>
    values.map((value) => value === places.out ? value : `\`${value}\``).join(", ") || "-";
  const rows = STAGES.map(({ name, user, permissions }) => {
    const { read, write, run, env } = permissions(places);
    return `| ${name} | ${user} | ${cell(read)} | ${cell(write)} | ${cell(run)} | ${cell(env)} |\n`;
  });
  return "| stage | user | read | write | run | env |\n| --- | --- | --- | --- | --- | --- |\n" +
    rows.join("");
}
