import { errorWords, RefusedContainerError, survivable } from "../_errors.ts";

/** Where the facts of a container are; 015-supervise-perms writes them. */
export const FACTS_FILE = "/run/hermes-boot/facts";

/**
 * What a container is for, by its command: `dashboard` beside a container that
 * runs the gateways; `gateway-run`, as images before s6 were started, where the
 * command leaves the root profile's gateway to s6; `own-gateway`, where the
 * command is that gateway; `cluster`, whose command is the loop that has a
 * cluster run the gateways; `other`, which is also no command at all.
 */
export type ContainerRole = "dashboard" | "gateway-run" | "own-gateway" | "cluster" | "other";

const ROLES: readonly string[] = [
  "dashboard",
  "gateway-run",
  "own-gateway",
  "cluster",
  "other",
] satisfies ContainerRole[];

/** What 015-supervise-perms has written down about a container. */
export interface Facts {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. */
  scandir: string;
  /** The program hermes, an absolute path; empty where the image has none. */
  hermes?: string | undefined;
  /** What the container is for. */
  role: ContainerRole;
  /**
   * Looks a variable of the container's environment up, or another fact.
   *
   * @param name Its name; only what somebody goes by is kept.
   * @returns Its value, maybe empty.
   */
  env(name: string): string | undefined;
}

/**
 * Reads the lines of a facts file, each `name='value'` as sh takes it.
 *
 * @param text The file's content.
 * @returns The values, by name.
 * @throws {TypeError} If a line is anything else.
 *
 * @example
 * ```ts
 * import { parseFacts } from "./facts.ts";
 * parseFacts("home='/opt/data'\n").get("home"); // "/opt/data"
 * ```
 */
export function parseFacts(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [, name, quoted] = /^(\w+)='([^']*(?:'\\''[^']*)*)'$/.exec(line) ?? [];
    if (name === undefined || quoted === undefined) {
      throw new TypeError("Failed to read the facts: expected name='value' on each line");
    }
    values.set(name, quoted.replaceAll("'\\''", "'"));
  }
  return values;
}

/**
 * Reads the facts of this container. Needs `--allow-read` for the file.
 *
 * @param path The file. Default: {@linkcode FACTS_FILE}.
 * @returns The facts.
 * @throws {RefusedContainerError} If nothing may be done here: the container was
 * refused when it started, or the file is not there or not whole.
 *
 * @example
 * ```ts no-eval
 * import { readFacts } from "./facts.ts";
 * readFacts().home; // "/opt/data"
 * ```
 */
export function readFacts(path: string = FACTS_FILE): Facts {
  let values: Map<string, string>;
  try {
    values = parseFacts(Deno.readTextFileSync(path));
  } catch (error) {
    throw new RefusedContainerError(`${path}: ${errorWords(survivable(error))}`);
  }
  const refused = values.get("refused");
  if (refused) throw new RefusedContainerError(refused);
  const [home, scandir, role = ""] = ["home", "scandir", "role"].map((name) => values.get(name));
  if (refused === undefined || !home || !scandir || !ROLES.includes(role)) {
    throw new RefusedContainerError(`${path} is not whole`);
  }
  const hermes = values.get("hermes");
  return { home, scandir, hermes, role: role as ContainerRole, env: (name) => values.get(name) };
}
