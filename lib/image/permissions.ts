/** What a program may do, in the terms of `deno run`'s `--allow-` flags. */
export interface Permissions {
  /** Paths for `--allow-read`. */
  read?: readonly string[];
  /** Paths for `--allow-write`. */
  write?: readonly string[];
  /** Hosts with their ports for `--allow-net`. */
  net?: readonly string[];
  /** Programs for `--allow-run`. */
  run?: readonly string[];
  /** Names for `--allow-env`. */
  env?: readonly string[];
}

/** The places a program works on: real paths, or shell words in a script. */
export interface Places {
  /** The facts file. */
  facts: string;
  /** The Hermes home. */
  home: string;
  /** The scandir. */
  scandir: string;
  /** s6-rc's live service directories. */
  servicedirs: string;
  /** The host and port of a cluster's API server. */
  api?: string;
}

/** The flags that everything is run with, before its permissions. */
export const RUN_FLAGS: readonly string[] = ["--no-prompt", "--cached-only", "--quiet"];

/**
 * Turns permissions into flags for `deno run`. Pure.
 *
 * @param permissions What is allowed.
 * @returns One flag per kind, in the order read, write, net, run, env. A comma in
 * a path is doubled, which is how Deno escapes it.
 *
 * @example
 * ```ts
 * import { permissionFlags } from "./permissions.ts";
 * permissionFlags({ read: ["/a", "/b"] }); // ["--allow-read=/a,/b"]
 * ```
 */
export function permissionFlags(permissions: Permissions): string[] {
  return (["read", "write", "net", "run", "env"] as const).flatMap((kind) => {
    const values = permissions[kind] ?? [];
    if (values.length === 0) return [];
    return [`--allow-${kind}=${values.map((value) => value.replaceAll(",", ",,")).join(",")}`];
  });
}

/**
 * Words permissions as the cells of a Markdown table: read, write, net, run. Pure.
 *
 * @param permissions What is allowed.
 * @returns The cells, with bars between them; a dash where nothing is allowed.
 */
export function permissionCells({ read, write, net, run }: Permissions): string {
  const cell = (values: readonly string[] = []) =>
    values.map((value) => `\`${value}\``).join(", ") || "-";
  return [read, write, net, run].map(cell).join(" | ");
}
