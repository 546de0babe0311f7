import { PROFILE_FILES, STALE_FILES, STATE_FILE } from "../profile/list.ts";
import { CONFIG_FILE } from "../rules/config.ts";
import { S6_BIN } from "../s6/run.ts";
import { LOOK } from "../s6/places.ts";
import { POLICY_DIR, SERVICE_ACCOUNT } from "../cluster/connection.ts";
import { VOLUME_ID_FILE } from "../cluster/volume_id.ts";
import { explainPaths, syncPermissions } from "./commands.ts";
import { permissionCells, type Permissions, type Places, skeletonPrograms } from "./permissions.ts";

/** One stage: who runs which entry script with which permissions. */
export interface Stage {
  /** The stage's name; also that of its hook or service. */
  name: string;
  /** The script in the image that runs it, relative to the root. */
  script: string;
  /** Who runs it. */
  user: "root" | "hermes";
  /** Its entry script, relative to the repository. */
  entry: string;
  /** Whether the script passes its own arguments on. */
  passesArguments?: true;
  /** What it may do. */
  permissions(places: Places): Permissions;
}

/** Makes the home hermes's; stays root where there may be something to give away. */
export const HERMES_SETUP: Stage = {
  name: "01-hermes-setup",
  script: "etc/cont-init.d/01-hermes-setup",
  user: "root",
  entry: "tasks/hermes_setup.ts",
  permissions: ({ home }) => ({ read: [home], write: [home] }),
};

/** Lets hermes control the static services; stays root. */
export const SUPERVISE_PERMS: Stage = {
  name: "015-supervise-perms",
  script: "etc/cont-init.d/015-supervise-perms",
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
  script: "etc/cont-init.d/02-reconcile-profiles",
  user: "hermes",
  entry: "tasks/reconcile_profiles.ts",
  permissions: ({ facts, home, scandir, slotsRunAs }) => ({
    read: [
      facts,
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
    run: skeletonPrograms({ slotsRunAs }),
  }),
};

/** Watches the profiles: it may do what a sync may. */
export const PROFILE_WATCH: Stage = {
  name: "profile-watch",
  script: "etc/s6-overlay/s6-rc.d/profile-watch/run",
  user: "hermes",
  entry: "tasks/watch_profiles.ts",
  permissions: syncPermissions,
};

/** Shows the gateways over HTTP: it may do what the commands list and why may. */
export const STATUS: Stage = {
  name: "status",
  script: "etc/s6-overlay/s6-rc.d/status/run",
  user: "hermes",
  entry: "tasks/status.ts",
  permissions: (places) => ({
    // Its own worker and the page are read from the suite.
    read: [...explainPaths(places), "/opt/hermes-boot"],
    run: [LOOK],
    net: [places.listen],
  }),
};

/** Starts the gateways that 02 has left waiting. */
export const START_GATEWAYS: Stage = {
  name: "start-gateways",
  script: "opt/hermes-boot/libexec/start-gateways",
  user: "hermes",
  entry: "tasks/start_gateways.ts",
  permissions: ({ facts, home, scandir }) => ({
    read: [facts, scandir, `${home}/profiles`, `${home}/${STATE_FILE}`],
    write: [scandir],
    run: [`${S6_BIN}/s6-svc`],
  }),
};

/** Has a cluster run the gateways: it reads the volume, and speaks with the API server alone. */
export const CLUSTER_LOOP: Stage = {
  name: "cluster-loop",
  script: "opt/hermes-boot/libexec/cluster-loop",
  user: "hermes",
  entry: "tasks/reconcile_cluster.ts",
  passesArguments: true,
  permissions: ({ facts, home, api = "" }) => {
    const id = [VOLUME_ID_FILE, `${VOLUME_ID_FILE}.new`].map((file) => `${home}/${file}`);
    const root = [...PROFILE_FILES, CONFIG_FILE];
    return {
      read: [
        facts,
        `${home}/profiles`,
        ...root.map((file) => `${home}/${file}`),
        ...id,
        ...[POLICY_DIR, SERVICE_ACCOUNT],
      ],
      write: id,
      net: [api],
    };
  },
};

/** Every stage. */
export const STAGES: readonly Stage[] = [
  HERMES_SETUP,
  SUPERVISE_PERMS,
  RECONCILE_PROFILES,
  START_GATEWAYS,
  PROFILE_WATCH,
  STATUS,
  CLUSTER_LOOP,
];

/**
 * Words every stage's permissions as a Markdown table. Pure.
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
    facts: "$facts",
    home: "$home",
    scandir: "$scandir",
    servicedirs: "/run/s6-rc/servicedirs",
    listen: "$listen",
    api: "$cluster_api",
  };
  const rows = STAGES.map(({ name, user, permissions }) =>
    `| ${name} | ${user} | ${permissionCells(permissions(places))} |\n`
  );
  const header = "| stage | user | read | write | run | net |\n";
  return `${header}| --- | --- | --- | --- | --- | --- |\n${rows.join("")}`;
}
