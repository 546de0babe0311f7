import { listDirectory, makeDirectory, removeIfPresent } from "../_fs.ts";
import { survivable } from "../_errors.ts";

function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    survivable(error); // the logger tries again, and says so
  }
}

/**
 * Makes the log directories of gateways that nothing supervises yet, and
 * removes the locks that earlier containers have left in them: a logger would
 * have to start programs for that. What fails is left to it. Symlinks are not
 * followed.
 * Needs `--allow-read` and `--allow-write` for `<home>/logs`.
 *
 * @param home The Hermes home.
 * @param profiles Whose they are.
 */
export function prepareLogDirectories(home: string, profiles: readonly string[]): void {
  if (profiles.length === 0) return;
  const parent = `${home}/logs/gateways`;
  attempt(() => {
    makeDirectory(`${home}/logs`, 0o755);
    makeDirectory(parent, 0o755);
    const found = listDirectory(parent);
    for (const profile of profiles) {
      const dir = `${parent}/${profile}`;
      const entry = found.get(profile);
      attempt(() => {
        if (entry === undefined) makeDirectory(dir, 0o755);
        else if (entry.isDirectory) removeIfPresent(`${dir}/lock`);
      });
    }
  });
}
