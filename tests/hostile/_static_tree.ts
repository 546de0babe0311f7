import { SUPERVISE_PERMS } from "../../lib/image/stages.ts";
import { mkfifo } from "../_fixtures.ts";
import type { Outcome, TempDir } from "../_temp.ts";
import { HERMES, type Installation } from "./_install.ts";

/** Runs 015 as its hook does. */
export function runSupervisePerms(
  installation: Installation,
  { servicedirs, scandir }: { servicedirs: string; scandir: string },
): Promise<Outcome> {
  const owner = `--owner=${HERMES.uid}:${HERMES.gid}`;
  const args = [`--servicedirs=${servicedirs}`, `--scandir=${scandir}`, owner];
  return installation.run(SUPERVISE_PERMS, { servicedirs, scandir }, { args });
}

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

type Spoil = (dir: string, canary: string) => void;

/** Puts a symlink to something of the canary's where an entry is. */
const symlinked = (entry: string, target: string): Spoil => (dir, canary) => {
  Deno.removeSync(dir + entry, { recursive: true });
  Deno.symlinkSync(canary + target, dir + entry);
};
/** Puts another name of something of the canary's where an entry is. */
const linked = (entry: string, target: string): Spoil => (dir, canary) => {
  Deno.removeSync(dir + entry, { recursive: true });
  Deno.linkSync(canary + target, dir + entry);
};
const withMode = (entry: string, mode: number): Spoil => (dir) => Deno.chmodSync(dir + entry, mode);
const ofHermes = (entry: string): Spoil => (dir) => giveToHermes(dir + entry);
/** What the group that hermes is in may change. */
const ofTheGroup = (entry: string, mode: number): Spoil => (dir) => {
  Deno.chownSync(dir + entry, 0, HERMES.gid);
  Deno.chmodSync(dir + entry, mode);
};
const both = (...spoils: Spoil[]): Spoil => (dir, canary) => {
  for (const spoil of spoils) spoil(dir, canary);
};

/** What makes a service one that 015 must leave alone. */
export type Trap = readonly [what: string, spoil: Spoil];

/** Traps in the way to the control FIFO: hermes must not get into `supervise/` then. */
export const CONTROL_TRAPS: readonly Trap[] = [
  ["symlinked supervise", symlinked("/supervise", "/service/supervise")],
  ["symlinked control", symlinked("/supervise/control", "/file")],
  ["control that is a hard link to a file", linked("/supervise/control", "/file")],
  ["control that is a hard link to a FIFO", linked("/supervise/control", "/fifo")],
  ["control that is a directory", (dir) => {
    Deno.removeSync(`${dir}/supervise/control`);
    Deno.mkdirSync(`${dir}/supervise/control`);
  }],
  ["missing control", (dir) => Deno.removeSync(`${dir}/supervise/control`)],
  ["missing supervise", (dir) => Deno.removeSync(`${dir}/supervise`, { recursive: true })],
  [
    "supervise of hermes's own with a symlinked control",
    both(symlinked("/supervise/control", "/file"), ofHermes("/supervise")),
  ],
  ["group-writable supervise", ofTheGroup("/supervise", 0o770)],
  ["supervise that everybody can change", withMode("/supervise", 0o707)],
  ["sticky supervise that everybody can add to", withMode("/supervise", 0o1777)],
  ["service directory of hermes's own", both(symlinked("/event", ""), ofHermes(""))],
  ["group-writable service directory", ofTheGroup("", 0o775)],
  ["sticky service directory that everybody can add to", withMode("", 0o1777)],
];

/** Traps at `event/`. */
export const EVENT_TRAPS: readonly Trap[] = [
  ["symlinked event", symlinked("/event", "/service/event")],
  ["event that is a hard link", linked("/event", "/file")],
];

/** What makes a scandir one that 015 must leave alone. */
export const SCANDIR_TRAPS: readonly Trap[] = [
  ["symlinked scandir", symlinked("", "/service")],
  ["scandir of hermes's own", ofHermes("")],
  ["scandir that everybody can change", withMode("", 0o777)],
  ["symlinked .s6-svscan", symlinked("/.s6-svscan", "/svscan")],
  [".s6-svscan of hermes's own", ofHermes("/.s6-svscan")],
  ["sticky .s6-svscan that everybody can add to", withMode("/.s6-svscan", 0o1777)],
  ["symlinked .s6-svscan/control", symlinked("/.s6-svscan/control", "/file")],
  [".s6-svscan/control that is a hard link", linked("/.s6-svscan/control", "/fifo")],
];
