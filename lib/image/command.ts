import type { Permissions, Places } from "./permissions.ts";

/** An option of a {@linkcode Command}. */
export interface CommandOption {
  /** Its name, such as `timeout` for `--timeout`. */
  name: string;
  /** Its one-letter name, such as `f` for `-f`. */
  short?: string;
  /** What its value stands for, such as `SECONDS`; absent for a flag. */
  value?: string;
  /** Whether it may be given more than once. */
  many?: true;
  /** What it does. */
  text: string;
}

/** The operands of a command; brackets: it does without. */
export type Operands =
  | ""
  | "[PROFILE]..."
  | "PROFILE...|--all"
  | "[COMMAND]"
  | "bash|zsh";

/** The places that a command works on. */
export type CommandPlaces = Omit<Places, "servicedirs" | "listen">;

/** One command of gatewayctl: what it takes, and what it may do. */
export interface Command {
  /** Its name. */
  name: string;
  /** What it is for, in one line. */
  purpose: string;
  /** What it takes besides options. */
  operands: Operands;
  /** Which profiles there are to it: those on the volume, or also the registered. Default: the registered. */
  known?: "volume" | "both";
  /** Its options. */
  options: readonly CommandOption[];
  /** What it may do. */
  permissions(places: CommandPlaces): Permissions;
  /** What it may do in the pod of a cluster's loop; absent: there it is not. */
  inCluster?(places: CommandPlaces): Permissions;
}

/**
 * Words an option as it is typed. Pure.
 *
 * @param option The option.
 * @returns Such as `-n, --lines N`.
 *
 * @example
 * ```ts
 * import { wordOption } from "./command.ts";
 * wordOption({ name: "json", text: "" }); // "--json"
 * ```
 */
export function wordOption({ name, short, value }: CommandOption): string {
  const letter = short === undefined ? "" : `-${short}, `;
  return `${letter}--${name}${value === undefined ? "" : ` ${value}`}`;
}
