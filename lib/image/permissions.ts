import { MKFIFO } from "../slot/skeleton.ts";

/** What a program may do, in the terms of `deno run`'s `--allow-` flags. */
export interface Permissions {
  /** Paths for `--allow-read`. */
  read?: readonly string[];
  /** Paths for `--allow-write`. */
  write?: readonly string[];
  /** Programs for `--allow-run`. */
  run?: readonly string[];
  /** Addresses for `--allow-net`. */
  net?: readonly string[];
  /** Names for `--allow-env`. */
  env?: readonly string[];
}

/** What a program's permissions depend on: real paths, or shell words in a script. */
export interface Places {
  /** The facts file. */
  facts: string;
  /** The Hermes home. */
  home: string;
  /** The scandir. */
  scandir: string;
  /** s6-rc's live service directories. */
  servicedirs: string;
  /** Where the status service listens, an address and a port. */
  listen: string;
  /** The host and port of a cluster's API server. */
  api?: string;
  /** Whom s6-supervise runs a slot's scripts as. Default: `root`, which takes more. */
  slotsRunAs?: "root" | "hermes" | undefined;
}

/**
 * Tells which programs lay a skeleton down: none where s6-supervise is hermes. Pure.
 *
 * @param places Whom it runs a slot's scripts as.
 * @returns The programs, for {@linkcode Permissions.run}.
 */
export function skeletonPrograms({ slotsRunAs }: Pick<Places, "slotsRunAs">): string[] {
  return slotsRunAs === "hermes" ? [] : [MKFIFO];
}

/** The flags that everything is run with, before its permissions. */
export const RUN_FLAGS: readonly string[] = ["--no-prompt", "--cached-only", "--quiet"];

/**
 * Turns permissions into flags for `deno run`. Pure.
 *
 * @param permissions What is allowed.
 * @returns One flag per kind, in the order read, write, run, net, env. A comma in
 * a path is doubled, which is how Deno escapes it.
 *
 * @example
 * ```ts
 * import { permissionFlags } from "./permissions.ts";
 * permissionFlags({ read: ["/a", "/b"] }); // ["--allow-read=/a,/b"]
 * ```
 */
export function permissionFlags(permissions: Permissions): string[] {
  return (["read", "write", "run", "net", "env"] as const).flatMap((kind) => {
    const values = permissions[kind] ?? [];
    if (values.length === 0) return [];
    return [`--allow-${kind}=${values.map((value) => value.replaceAll(",", ",,")).join(",")}`];
  });
}

/**
 * Words permissions as the cells of a Markdown table: read, write, run, net; what
 * only {@linkcode skeletonPrograms} allows is marked. Pure.
 *
 * @param permissions What is allowed.
 * @returns The cells, with bars between them; a dash where nothing is allowed.
 */
export function permissionCells({ read, write, run, net }: Permissions): string {
  const word = (value: string) => `\`${value}\`${value === MKFIFO ? " (shared)" : ""}`;
  const cell = (values: readonly string[] = []) => values.map(word).join(", ") || "-";
  return [read, write, run, net].map(cell).join(" | ");
}
