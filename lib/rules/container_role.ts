/**
 * What a container is for, by its command: `dashboard` beside a container that
 * runs the gateways; `gateway-run`, as images before s6 were started, where the
 * command leaves the root profile's gateway to s6; `own-gateway`, where the
 * command is that gateway; `other`, which is also no command at all.
 */
export type ContainerRole = "dashboard" | "gateway-run" | "own-gateway" | "other";

/**
 * Splits a command line as `/proc/PID/cmdline` has it.
 * Pure; no permission is needed.
 *
 * @param bytes The arguments, each ended by a NUL.
 * @returns The arguments; bytes that are not UTF-8 become U+FFFD.
 *
 * @example
 * ```ts
 * import { parseCommandLine } from "./container_role.ts";
 * parseCommandLine(new TextEncoder().encode("gateway\0run\0")); // ["gateway", "run"]
 * ```
 */
export function parseCommandLine(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  return new TextDecoder().decode(bytes).replace(/\0$/, "").split("\0");
}

function baseName(path: string | undefined): string | undefined {
  return path?.slice(path.lastIndexOf("/") + 1);
}

/** Drops leading arguments that match, one after the other; none if the first does not. */
function drop(args: readonly string[], ...matches: readonly RegExp[]): readonly string[] {
  const all = matches.every((match, i) => match.test(baseName(args[i]) ?? ""));
  return all ? args.slice(matches.length) : args;
}

// Each is in front of the command in some image; more than one may be.
function stripLaunchers(argv: readonly string[]): readonly string[] {
  const steps: readonly (readonly RegExp[])[] = [
    [/^(ba|da)?sh$/, /^-e$/, /^rc\.init$/, /^top$/],
    [/^rc\.init$/, /^top$/],
    [/^init$/],
    [/^s6-setuidgid$/, /^hermes$/],
    [/^(ba|da)?sh$/, /^main-wrapper\.sh$/],
    [/^main-wrapper\.sh$/],
    [/^hermes$/],
  ];
  return steps.reduce((args, matches) => drop(args, ...matches), argv);
}

/**
 * Tells what a container is for from the command line of the process that
 * runs its command: under s6-overlay 3 `sh -e …/rc.init top COMMAND…`, under
 * s6-overlay 2 `/init COMMAND…`; with any of `s6-setuidgid hermes`,
 * `main-wrapper.sh` and `hermes` in front of what hermes is to do. Pure; no permission is needed.
 *
 * @param argv The command line.
 * @param supervised Whether `gateway run` leaves its work to s6 unless it is
 * told `--no-supervise`. Default: `true`.
 * @returns The role.
 *
 * @example
 * ```ts
 * import { containerRole } from "./container_role.ts";
 * containerRole(["/bin/sh", "-e", "/run/s6/basedir/scripts/rc.init", "top", "gateway", "run"]);
 * // "gateway-run"
 * ```
 */
export function containerRole(argv: readonly string[], supervised = true): ContainerRole {
  const [first, second, ...rest] = stripLaunchers(argv);
  if (first === "dashboard") return "dashboard";
  if (first !== "gateway" || second !== "run") return "other";
  return supervised && !rest.includes("--no-supervise") ? "gateway-run" : "own-gateway";
}
