import { mkfifo } from "../_fixtures.ts";
import type { TempDir } from "../_temp.ts";
import { HERMES } from "./_install.ts";

/** Root's own things outside every tree that 015 is shown. */
export class Canary {
  readonly path: string;

  constructor(temp: TempDir) {
    this.path = temp.mkdir("canary", 0o700);
    temp.write("canary/file", "secret", 0o600);
    mkfifo(`${this.path}/fifo`, "0600");
    addService(temp, "canary/service");
    temp.mkdir("canary/svscan", 0o700);
    mkfifo(`${this.path}/svscan/control`, "0600");
  }
}

/** Makes a service directory as s6-supervise leaves it; all root's. */
export function addService(temp: TempDir, path: string): string {
  const dir = temp.mkdir(path);
  temp.mkdir(`${path}/event`, 0o3700);
  temp.mkdir(`${path}/supervise`, 0o700);
  temp.write(`${path}/supervise/status`);
  mkfifo(`${dir}/supervise/control`, "0600");
  return dir;
}

/** Makes a scandir as s6-svscan leaves it; all root's. */
export function addScandir(temp: TempDir, path: string): string {
  const dir = temp.mkdir(path);
  temp.mkdir(`${path}/.s6-svscan`, 0o700);
  mkfifo(`${dir}/.s6-svscan/control`, "0600");
  return dir;
}

/** Gives an entry itself to hermes. */
export function giveToHermes(path: string): void {
  if (Deno.lstatSync(path).isSymlink) return; // a symlink's owner is of no consequence
  Deno.chownSync(path, HERMES.uid, HERMES.gid);
}

/** Puts something else where an entry is. */
function replace(path: string, put: (path: string) => void): void {
  Deno.removeSync(path, { recursive: true });
  put(path);
}

const symlinkTo = (target: string) => (path: string) => Deno.symlinkSync(target, path);
const linkTo = (target: string) => (path: string) => Deno.linkSync(target, path);

/** What makes a service one that 015 must leave alone. */
export interface Trap {
  what: string;
  spoil(dir: string, canary: string): void;
}

/** Traps in the way to the control FIFO: hermes must not get into `supervise/` then. */
export const CONTROL_TRAPS: readonly Trap[] = [
  {
    what: "symlinked supervise",
    spoil: (dir, canary) => replace(`${dir}/supervise`, symlinkTo(`${canary}/service/supervise`)),
  },
  {
    what: "symlinked control",
    spoil: (dir, canary) => replace(`${dir}/supervise/control`, symlinkTo(`${canary}/file`)),
  },
  {
    what: "control that is a hard link to a file",
    spoil: (dir, canary) => replace(`${dir}/supervise/control`, linkTo(`${canary}/file`)),
  },
  {
    what: "control that is a hard link to a FIFO",
    spoil: (dir, canary) => replace(`${dir}/supervise/control`, linkTo(`${canary}/fifo`)),
  },
  {
    what: "control that is a directory",
    spoil: (dir) => replace(`${dir}/supervise/control`, Deno.mkdirSync),
  },
  {
    what: "supervise of hermes's own with a symlinked control",
    spoil(dir, canary) {
      replace(`${dir}/supervise/control`, symlinkTo(`${canary}/file`));
      giveToHermes(`${dir}/supervise`);
    },
  },
  {
    what: "group-writable supervise",
    spoil(dir) {
      Deno.chownSync(`${dir}/supervise`, 0, HERMES.gid);
      Deno.chmodSync(`${dir}/supervise`, 0o770);
    },
  },
  {
    what: "sticky supervise that everybody can add to",
    spoil: (dir) => Deno.chmodSync(`${dir}/supervise`, 0o1777),
  },
  {
    what: "service directory of hermes's own",
    spoil(dir, canary) {
      replace(`${dir}/event`, symlinkTo(canary));
      giveToHermes(dir);
    },
  },
  {
    what: "group-writable service directory",
    spoil(dir) {
      Deno.chownSync(dir, 0, HERMES.gid);
      Deno.chmodSync(dir, 0o775);
    },
  },
  {
    what: "sticky service directory that everybody can add to",
    spoil: (dir) => Deno.chmodSync(dir, 0o1777),
  },
];

/** Traps at `event/`. */
export const EVENT_TRAPS: readonly Trap[] = [
  {
    what: "symlinked event",
    spoil: (dir, canary) => replace(`${dir}/event`, symlinkTo(`${canary}/service/event`)),
  },
  {
    what: "event that is a hard link",
    spoil: (dir, canary) => replace(`${dir}/event`, linkTo(`${canary}/file`)),
  },
];

/** What makes a scandir, or a directory of service directories, one that 015 must leave alone. */
export const SCANDIR_TRAPS: readonly Trap[] = [
  {
    what: "symlinked scandir",
    spoil: (dir, canary) => replace(dir, symlinkTo(`${canary}/service`)),
  },
  { what: "scandir of hermes's own", spoil: giveToHermes },
  { what: "scandir that everybody can change", spoil: (dir) => Deno.chmodSync(dir, 0o777) },
  {
    what: "symlinked .s6-svscan",
    spoil: (dir, canary) => replace(`${dir}/.s6-svscan`, symlinkTo(`${canary}/svscan`)),
  },
  {
    what: ".s6-svscan of hermes's own",
    spoil: (dir) => giveToHermes(`${dir}/.s6-svscan`),
  },
  {
    what: "sticky .s6-svscan that everybody can add to",
    spoil: (dir) => Deno.chmodSync(`${dir}/.s6-svscan`, 0o1777),
  },
  {
    what: "symlinked .s6-svscan/control",
    spoil: (dir, canary) => replace(`${dir}/.s6-svscan/control`, symlinkTo(`${canary}/file`)),
  },
  {
    what: ".s6-svscan/control that is a hard link",
    spoil: (dir, canary) => replace(`${dir}/.s6-svscan/control`, linkTo(`${canary}/fifo`)),
  },
];
