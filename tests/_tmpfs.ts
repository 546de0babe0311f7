import { IS_ROOT } from "./_fixtures.ts";
import { runSync, TempDir } from "./_temp.ts";

// A child that another test of this process forks has, until its exec, what
// this one had open here; for as long the tmpfs is busy.
const UNMOUNT = `tries=0
until umount "$1" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] && sleep 0.05 && continue
  umount "$1" && break
  umount -l "$1"
  exit 1
done`;

/** A tmpfs; disposing of it unmounts it, and complains if it stays busy. */
export class Tmpfs implements Disposable {
  readonly path: string;

  /** Mounts it over a directory, with mount(8)'s options. */
  constructor(path: string, options: string) {
    this.path = path;
    runSync("mount", "-t", "tmpfs", "-o", options, "tmpfs", path);
  }

  /** Changes its options. */
  grow(options: string): void {
    runSync("mount", "-o", `remount,${options}`, this.path);
  }

  [Symbol.dispose](): void {
    runSync("/bin/sh", "-c", UNMOUNT, "umount", this.path);
  }
}

function canMount(): boolean {
  if (!IS_ROOT) return false;
  using temp = new TempDir();
  try {
    using _tmpfs = new Tmpfs(temp.path, "size=64k");
    return true;
  } catch {
    return false;
  }
}

/** Whether this user can mount a tmpfs. */
export const CAN_MOUNT = canMount();
