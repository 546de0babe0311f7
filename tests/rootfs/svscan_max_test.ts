import { assertEquals } from "@std/assert";
import { exists, TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

/** Finds out how many services an s6-svscan holds. */
async function svscanMax(
  { as = "mode=shared scandir=/run/service", versions = [], cmdline = ["s6-svscan"], code = 111 }: {
    as?: string;
    versions?: string[];
    cmdline?: string[];
    code?: number;
  },
): Promise<string> {
  using temp = new TempDir();
  const tree = new Tree(temp);
  tree.fake("bin/s6-svscan", `echo asked >>${temp.path}/asked; exit ${code}`);
  for (const version of ["linux-init-1.2.0.2", ...versions]) temp.mkdir(`admin/s6-${version}`);
  const args = [temp.write("cmdline", cmdline.join("\0") + "\0"), `${temp.path}/admin`];
  const script = `${as}; find_svscan "$1" "$2"; echo "$svscan_max"`;
  const { stdout, stderr } = await tree.source(["write-facts.sh"], script, { args });
  assertEquals(stderr, "");
  return stdout.trim() + (exists(`${temp.path}/asked`) ? ", asked" : "");
}

Deno.test("find_svscan finds how many services PID 1 holds, by its options and s6's version, and starts no program for it", async () => {
  const overlay = ["/command/s6-svscan", "-d4", "--", "/run/service"];
  const told = (...options: string[]) => [...overlay.slice(0, 2), ...options, ...overlay.slice(2)];
  for (
    const [versions, cmdline, expected] of [
      [[], overlay, "-c 500"],
      [["2.9.2.0"], overlay, "-c 500"],
      [["2.11.3.2"], overlay, "-c 500"],
      [["2.12.0.0"], overlay, "-C 1000"],
      [["2.15.1.0"], overlay, "-C 1000"],
      [["2.20.0.0"], overlay, "-C 1000"],
      [["3.0.0.0"], overlay, "-C 1000"],
      [["2.11.3.2", "2.15.1.0"], overlay, "-c 500"],
      [["2.15.1.0"], told("-C", "4000", "-t", "0"), "-C 4000"],
      [["2.15.1.0"], told("-C4000"), "-C 4000"],
      [["2.15.1.0"], told("--services-max=4000"), "-C 4000"],
      [["2.15.1.0"], told("--services-max", "4000"), "-C 4000"],
      [["2.11.3.2"], told("-c", "2000"), "-c 2000"],
    ] as [string[], string[], string][]
  ) {
    assertEquals(await svscanMax({ versions, cmdline }), expected, `${versions} ${cmdline}`);
  }
  assertEquals(await svscanMax({ as: "mode=shared scandir=/elsewhere" }), "");
});

Deno.test("find_svscan has the service gateways hold 8000, and asks an s6 for the option only if it cannot tell its version", async () => {
  const as = "mode=isolated scandir=/run/hermes/service";
  assertEquals(await svscanMax({ as, versions: ["2.15.1.0"] }), "-C 8000");
  assertEquals(await svscanMax({ as, versions: ["2.11.3.2"] }), "-c 8000");
  assertEquals(await svscanMax({ as }), "-C 8000, asked");
  assertEquals(await svscanMax({ as, code: 100 }), "-c 8000, asked");
});
