import { IS_ROOT } from "./_fixtures.ts";
import { runSync, TempDir } from "./_temp.ts";

/** A tmpfs; disposing of it unmounts it. */
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
    runSync("umount", this.path);
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
