import { replaceFile } from "../_fs.ts";

/** Where hermes looks, when it gets a SIGTERM, for whether that was intended; relative to the profile's directory. */
export const PLANNED_STOP_FILE = ".gateway-planned-stop.json";

/** A gateway's process. */
export interface GatewayProcess {
  /** Its PID. */
  pid: number;
  /** When it started, in clock ticks since the host did; `null`: not known. */
  startTime: number | null;
}

/**
 * Tells a gateway that the SIGTERM to come is intended, as hermes's own `gateway
 * stop` does: it then exits 0 and records that it has stopped. Without that, a
 * SIGTERM is a crash to it. It heeds the file for a minute, and only if its own
 * PID and start time are in it.
 * Needs `--allow-write` for the file, and `--allow-read`, too, for its `.new`.
 *
 * @param profileDir The profile's directory.
 * @param target The gateway's process.
 * @param now When.
 * @throws {Error} If the file cannot be written.
 *
 * @example
 * ```ts no-eval
 * import { markPlannedStop } from "./planned_stop.ts";
 * markPlannedStop("/opt/data", { pid: 4711, startTime: 123456 }, new Date());
 * ```
 */
export function markPlannedStop(profileDir: string, target: GatewayProcess, now: Date): void {
  const path = `${profileDir}/${PLANNED_STOP_FILE}`;
  const record = {
    target_pid: target.pid,
    target_start_time: target.startTime,
    stopper_pid: Deno.pid,
    // Python before 3.11 does not read a Z.
    written_at: now.toISOString().replace("Z", "+00:00"),
  };
  replaceFile(path, JSON.stringify(record), 0o600, `${path}.new`);
}
