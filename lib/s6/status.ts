import { lstatIfPresent } from "../_fs.ts";

/** What s6 says of a service. */
export interface ServiceStatus {
  /** Whether it is up. */
  up: boolean;
  /** Whether s6-supervise will bring it up when it is down. */
  wantedUp: boolean;
  /** Its PID; `null` when it is down. */
  pid: number | null;
  /** Its last exit code; `null` when it is up, was killed, or has not run. */
  exitCode: number | null;
  /** The signal that killed it, such as `SIGKILL`; `null` likewise. */
  signal: string | null;
  /** How long it has been up or down, in seconds. */
  seconds: number;
}

/** The length of `supervise/status` in s6 2.11 to 2.15, in bytes. */
const STATUS_BYTES = 35;
/** The label of 1970-01-01 TAI. */
const TAI64_EPOCH = 1n << 62n;
/** How far TAI is ahead of UTC since 2017, in seconds; s6 stamps by its table of leap seconds. */
const LEAD_SECONDS = 37;

const PAUSED = 1;
const FINISHING = 2;
const WANTED_UP = 4;

// signal(7), from 1 on.
const SIGNALS = ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT " +
  "CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS").split(" ");

/**
 * Reads the content of a service's `supervise/status`. It is big-endian: two
 * TAI64N stamps, of the last change and of readiness, the PID in 8 bytes, the
 * wait status in 2, and the flags.
 *
 * @param bytes The content.
 * @param now The time, in milliseconds since the epoch.
 * @returns What it says; `undefined` if it is not of the known length.
 *
 * @example
 * ```ts
 * import { unpackStatus } from "./status.ts";
 * unpackStatus(new Uint8Array(35), Date.now())?.up; // false
 * ```
 */
export function unpackStatus(bytes: Uint8Array, now: number): ServiceStatus | undefined {
  if (bytes.length !== STATUS_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const since = Number(view.getBigUint64(0) - TAI64_EPOCH) - LEAD_SECONDS;
  const ageMs = now - since * 1000 - view.getUint32(8) / 1e6;
  const pid = Number(view.getBigUint64(24));
  const wait = view.getUint16(32);
  const flags = view.getUint8(34);
  const finishing = (flags & FINISHING) !== 0;
  const up = pid !== 0 && !finishing;
  const fresh = pid === 0 && !finishing && (flags & PAUSED) !== 0; // not started yet
  const signal = wait & 0x7f;
  const ended = !up && !fresh;
  return {
    up,
    wantedUp: (flags & WANTED_UP) !== 0,
    pid: up ? pid : null,
    exitCode: ended && signal === 0 ? wait >> 8 : null,
    signal: ended && signal !== 0 ? `SIG${SIGNALS[signal - 1] ?? signal}` : null,
    seconds: Math.max(0, Math.floor(ageMs / 1000)),
  };
}

/**
 * Reads what s6 last said of a service; whether its s6-supervise is still
 * alive, this cannot tell. Needs `--allow-read` for the service directory.
 *
 * @param servicedir The service directory.
 * @returns What it says; `undefined` if there is nothing, or nothing that can
 * be read like this.
 *
 * @example
 * ```ts no-eval
 * import { readStatus } from "./status.ts";
 * readStatus("/run/service/gateway-coder")?.pid; // 4711
 * ```
 */
export function readStatus(servicedir: string): ServiceStatus | undefined {
  const path = `${servicedir}/supervise/status`;
  // Opening a FIFO would wait for ever.
  const info = lstatIfPresent(path);
  if (!info?.isFile || info.size !== STATUS_BYTES) return undefined;
  return unpackStatus(Deno.readFileSync(path), Date.now());
}

/** s6's death tally has one record a death, of so many bytes. */
const DEATH_BYTES = 14;

/**
 * Counts a service's deaths since its tally was last cleared.
 * Needs `--allow-read` for the service directory.
 *
 * @param servicedir The service directory.
 * @returns The number; s6 counts to 100.
 *
 * @example
 * ```ts no-eval
 * import { readDeaths } from "./status.ts";
 * readDeaths("/run/service/gateway-coder"); // 0
 * ```
 */
export function readDeaths(servicedir: string): number {
  const tally = lstatIfPresent(`${servicedir}/supervise/death_tally`);
  return Math.floor((tally?.size ?? 0) / DEATH_BYTES);
}
