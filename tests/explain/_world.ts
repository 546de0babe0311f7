import { gatherOverview, type OverviewOptions } from "../../lib/explain/overview_facts.ts";
import { NO_RULES } from "../../lib/rules/rules.ts";
import type { Processes } from "../../lib/s6/processes.ts";
import { Home } from "../_fixtures.ts";
import { processesOf } from "../_processes.ts";
import { TempDir } from "../_temp.ts";

/** Who the tests are. */
export const ME = { uid: Deno.uid()!, gid: Deno.gid()! };

/** Processes by PID: parent, state, and arguments. */
export function processes(
  table: Readonly<Record<number, readonly [ppid: number, state: string, ...args: string[]]>>,
): Processes {
  const told = Object.entries(table).map(([pid, [ppid, state, ...args]]) => [
    pid,
    [{ ppid, state }, ...args],
  ]);
  return processesOf(Object.fromEntries(told));
}

/** What s6-supervise writes of a service; it has been so for a minute. */
export function statusBytes(pid: number, flags = 4, wait = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(35);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, (1n << 62n) + BigInt(Math.floor(Date.now() / 1000) + 37 - 60));
  view.setBigUint64(24, BigInt(pid));
  view.setUint16(32, wait);
  view.setUint8(34, flags);
  return bytes;
}

/** A home and a scandir, and what runs. */
export class World implements Disposable {
  readonly temp = new TempDir();
  readonly home = new Home(this.temp);

  constructor() {
    this.temp.mkdir("scandir/.hermes");
  }

  /** Makes a slot that an s6-supervise has been at; `undefined`: none has. */
  slot(name: string, status?: Uint8Array, logger = status): void {
    this.temp.mkdir(`scandir/gateway-${name}/supervise`);
    this.temp.mkdir(`scandir/gateway-${name}/log/supervise`);
    if (status) this.temp.write(`scandir/gateway-${name}/supervise/status`, status);
    if (logger) this.temp.write(`scandir/gateway-${name}/log/supervise/status`, logger);
  }

  gather(options: Partial<OverviewOptions> = {}) {
    return gatherOverview({
      ...{ home: this.home.path, scandir: this.home.scandir, mode: "shared", role: "other" },
      ...{ hasHermes: true, rules: NO_RULES, hermes: ME, processes: processes({}) },
      ...options,
    });
  }

  [Symbol.dispose](): void {
    this.temp[Symbol.dispose]();
  }
}
