import { dirname, fromFileUrl, join } from "@std/path";
import { runProgram, UsageError } from "./_cli.ts";

const IMAGE_CONFIG = new URL("../rootfs/opt/hermes-boot/deno.json", import.meta.url);
const IMPORTED = /^(?:(?:import|export) .*|\} )from "(\.[^"]+)"/gm;

const name = "vendor";
const help = `
Usage: vendor.ts --out DIR

Copies the @std modules that run in the image, and what they import, from the
npm package in Deno's cache to where rootfs/opt/hermes-boot/deno.json finds them.

  --out DIR  what is /opt/hermes-boot in the image; its vendor/ is written
  --help     this text

Exit code: 0 done; 1 a module is missing or cannot be written; 2 wrong arguments.
`;

/**
 * Copies the packages of the image's import map into a copy of the suite, which
 * then runs without npm. Needs `--allow-read`, and `--allow-write` for the folder.
 *
 * @param out What is `/opt/hermes-boot` in the image.
 */
export function vendor(out: string): void {
  const copied = new Set<string>();
  const copy = (from: string, to: string) => {
    if (copied.has(to)) return;
    copied.add(to);
    Deno.mkdirSync(dirname(to), { recursive: true });
    Deno.copyFileSync(from, to);
    for (const [, path = ""] of Deno.readTextFileSync(from).matchAll(IMPORTED)) {
      copy(join(dirname(from), path), join(dirname(to), path));
    }
  };
  const { imports }: { imports: Record<string, string> } = JSON.parse(
    Deno.readTextFileSync(IMAGE_CONFIG),
  );
  for (const [specifier, path] of Object.entries(imports)) {
    copy(fromFileUrl(import.meta.resolve(specifier)), join(out, path));
  }
}

if (import.meta.main) {
  await runProgram({ name, help, values: ["out"] }, ({ values }) => {
    const out = values.get("out");
    if (!out) throw new UsageError("--out DIR is missing");
    vendor(out);
    return 0;
  });
}
