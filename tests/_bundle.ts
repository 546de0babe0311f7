import { REPO } from "./_fixtures.ts";
import { runSync } from "./_temp.ts";

/** Lays the image's programs out in a directory that is there, as they lie in `/opt/hermes-boot`. */
export function bundle(dir: string): void {
  runSync("cp", `${REPO}/rootfs/opt/hermes-boot/deno.json`, dir);
  const task = ["task", "--quiet", `--config=${REPO}/deno.json`, "bundle"];
  runSync(Deno.execPath(), ...task, "--outdir", `${dir}/tasks`);
}
