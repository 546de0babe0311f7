import { DEFAULT_PROFILE, slotName } from "../profile/name.ts";
import { AGAIN } from "../s6/orders.ts";
import { shellQuote } from "../_quote.ts";

/** What is the same in every slot of a container. */
export interface SlotDefaults {
  /** The program hermes; empty where the image has none. Default: `hermes`, found on `PATH`. */
  hermes?: string | undefined;
  /**
   * Whether s6-supervise runs the slot's scripts as root, and they become hermes first. If
   * not, it is hermes itself, and makes its supervise tree. Default: `true`.
   */
  drops?: boolean | undefined;
  /** How many old files of a gateway's log are kept. Default: 10. */
  logFiles?: number | undefined;
  /** How large a file of a gateway's log grows, in bytes. Default: 1000000. */
  logBytes?: number | undefined;
  /** How much data each process of a gateway may have, in bytes. Default: what the container may. */
  memoryMax?: number | undefined;
  /** How much nicer than s6 a gateway is, as nice(1) has it. Default: 0. */
  nice?: number | undefined;
}

/** What {@linkcode renderSlot} makes a slot from. */
export interface SlotDescription extends SlotDefaults {
  /** The profile's name. */
  profile: string;
  /** The Hermes home, an absolute path. */
  home: string;
  /** Environment to export to the gateway; the values are arbitrary text. */
  extraEnv?: Readonly<Record<string, string>> | undefined;
  /** Whether its gateway serves every profile. Default: what hermes makes of its own settings. */
  multiplex?: boolean | undefined;
}

/** The contents of a slot's files. */
export interface SlotFiles {
  /** `type`, mode 0o644. */
  type: string;
  /** `run`, mode 0o755. */
  run: string;
  /** `finish`, mode 0o755. */
  finish: string;
  /** `log/run`, mode 0o755. */
  logRun: string;
}

const TYPE = "longrun\n";

const LIBEXEC = "/opt/hermes-boot/libexec";

/** What 015 writes for root to become hermes by. */
const DROP = "/run/hermes-boot/drop";

// servicedir(7): finish gets the exit code (256 after a signal) and may exit
// 125 for "permanent failure, do not restart"; it has 5 s. s6 tallies a death
// by signal N as exit code 128+N, so the range covers both.
const FINISH = `# Who was killed (256) has not ended its children; they hold its port.
[ "$1" != 256 ] || ${LIBEXEC}/end-group leader 10
# gatewayctl restarts the process that ${AGAIN} names; an old s6 does not say which this was ($4).
[ -f ${AGAIN} ] && read -r pid <${AGAIN} && [ "$pid" = "\${4:-$pid}" ] &&
  exec ${LIBEXEC}/count-restart "$3"
# 0: a clean stop is intended. 78: EX_CONFIG. Ten other deaths in 120 s: broken.
case "$1" in
  0 | 78) exit 125 ;;
esac
exec s6-permafailon 120 10 1-255 ${LIBEXEC}/count-restart "$3"
`;

function assertHome(home: string): void {
  if (!home.startsWith("/")) {
    throw new TypeError(
      `Failed to render a slot: expected an absolute Hermes home, got ${JSON.stringify(home)}`,
    );
  }
}

function renderExports(env: Readonly<Record<string, string>>): string {
  return Object.entries(env).map(([key, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
      throw new TypeError(
        `Failed to render a slot: expected an environment key [A-Za-z_][A-Za-z0-9_]*, got ${
          JSON.stringify(key)
        }`,
      );
    }
    return `export ${key}=${shellQuote(value)}\n`;
  }).join("");
}

function renderGateway(description: SlotDescription): string {
  const { profile, hermes = "hermes", memoryMax, nice = 0 } = description;
  const slot = slotName(profile);
  if (hermes === "") {
    return `echo '${slot}: error: this image has no hermes on PATH'
exit 78
`;
  }
  const option = profile === DEFAULT_PROFILE ? "" : ` -p ${profile}`;
  const chain = [
    ...memoryMax === undefined ? [] : [`/command/s6-softlimit -d ${memoryMax}`],
    ...nice === 0 ? [] : [`nice -n ${nice}`],
    `${shellQuote(hermes)}${option} gateway run --replace`,
  ];
  return `. ${LIBEXEC}/oom.sh
exec 2>&1
exec ${chain.join(" ")}
`;
}

function renderRun(slot: SlotDescription): string {
  const { home, extraEnv = {}, multiplex, drops = true } = slot;
  // Under s6 hermes serves other profiles only if it is told to (hermes-agent#119009).
  const switched = multiplex === undefined ? "" : ` GATEWAY_MULTIPLEX_PROFILES=${multiplex}`;
  // Root does nothing here but become hermes: the slot and the volume are hermes's, and it would
  // write wherever hermes leads it (CWE-59, CWE-367).
  return `#!${drops ? `${DROP}-contenv` : `${LIBEXEC}/contenv`} /bin/sh
. ${LIBEXEC}/leader.sh
export HOME=${shellQuote(home)}
cd "$HOME" || exit 1
${renderExports(extraEnv)}${RUN_TAIL}HERMES_SUPERVISED_CHILD=1${switched}
${renderGateway(slot)}`;
}

/** Root does nothing in a slot but become hermes, before a shell reads the script. */
function shell(drops: boolean): string {
  return `#!${drops ? `${DROP} ` : ""}/bin/sh\n`;
}

function renderLogRun(slot: SlotDescription): string {
  const { profile, home, logFiles = 10, logBytes = 1_000_000, drops = true } = slot;
  return `${shell(drops)}dir=${
    shellQuote(`${home}/logs/gateways/${profile}`)
  } keep='n${logFiles} s${logBytes}'
. ${LIBEXEC}/log.sh
`;
}

const RUN_HEAD =
  /^#!\/(?:run\/hermes-boot\/drop-|opt\/hermes-boot\/libexec\/)contenv \/bin\/sh\n\. \/opt\/hermes-boot\/libexec\/leader\.sh\nexport HOME='[^']*(?:'\\''[^']*)*'\ncd "\$HOME" \|\| exit 1\n/;
const RUN_TAIL = "export HERMES_S6_SUPERVISED_CHILD=1 ";

/**
 * Reads the extra environment back from a slot's `run`: the exact inverse of
 * {@linkcode renderSlot}. Pure.
 *
 * @param run The content of `run`.
 * @returns The environment, or `undefined` if no {@linkcode renderSlot} made this.
 *
 * @example
 * ```ts
 * import { readExtraEnv, renderSlot } from "./render.ts";
 * const slot = { profile: "coder", home: "/opt/data", extraEnv: { TOKEN: "it's" } };
 * readExtraEnv(renderSlot(slot).run); // { TOKEN: "it's" }
 * ```
 */
export function readExtraEnv(run: string): Record<string, string> | undefined {
  const head = RUN_HEAD.exec(run);
  if (head === null) return undefined;
  const line = /export ([A-Za-z_][A-Za-z0-9_]*)='([^']*(?:'\\''[^']*)*)'\n/y;
  let end = line.lastIndex = head[0].length;
  const entries: [string, string][] = [];
  for (let match = line.exec(run); match !== null; match = line.exec(run)) {
    const [, key = "", quoted = ""] = match;
    entries.push([key, quoted.replaceAll(`'\\''`, "'")]);
    end = line.lastIndex;
  }
  return run.startsWith(RUN_TAIL, end) ? Object.fromEntries(entries) : undefined;
}

/**
 * Renders the files of a profile's slot. Pure.
 *
 * @param slot The profile, its home, and what to export to it.
 * @returns The contents of `type`, `run`, `finish` and `log/run`.
 * @throws {InvalidProfileNameError} If the profile's name is not legal.
 * @throws {TypeError} If the home is not absolute, an environment key does not
 * match `[A-Za-z_][A-Za-z0-9_]*`, or a value holds a NUL.
 *
 * @example
 * ```ts
 * import { renderSlot } from "./render.ts";
 * renderSlot({ profile: "coder", home: "/opt/data" }).type; // "longrun\n"
 * ```
 */
export function renderSlot(slot: SlotDescription): SlotFiles {
  assertHome(slot.home);
  const finish = shell(slot.drops ?? true) + FINISH;
  return { type: TYPE, run: renderRun(slot), finish, logRun: renderLogRun(slot) };
}
