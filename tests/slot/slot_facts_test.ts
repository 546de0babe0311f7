import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { countServices, findSlots, isSupervised } from "../../lib/slot/slot_facts.ts";
import { mkfifo, runScript } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";
import { apply, slotOf } from "./_apply.ts";

const slot = slotOf("coder");

/** A scandir with one slot, and the way into it. */
async function scene(temp: TempDir): Promise<{ scandir: string; dir: string }> {
  const scandir = temp.mkdir("scandir");
  await apply(scandir, [slot]);
  return { scandir, dir: `${scandir}/gateway-coder` };
}

Deno.test("findSlots() finds nothing in a scandir that is not there", () => {
  using temp = new TempDir();
  const { services, found } = findSlots(`${temp.path}/none`, [slot]);
  assertEquals([services, found.size], [0, 0]);
});

Deno.test("isSupervised() is true of a slot in which an s6-supervise has left its status", async () => {
  using temp = new TempDir();
  const { scandir, dir } = await scene(temp);
  const ask = () => isSupervised(findSlots(scandir, [slot]), slot);
  assertEquals(ask(), false);
  Deno.writeTextFileSync(`${dir}/supervise/status`, "");
  assertEquals(ask(), true);
  Deno.removeSync(dir, { recursive: true });
  assertEquals(ask(), false);
});

Deno.test("findSlots() takes no other entry for a slot, and counts services where there is a limit", async () => {
  using temp = new TempDir();
  const { scandir } = await scene(temp);
  temp.mkdir("scandir/other");
  const slots = [slot, slotOf("none")];
  assertEquals([...findSlots(scandir, slots).found.keys()], [slot]);
  assertEquals(findSlots(scandir, slots).services, 0);
  const capacity = { scandir, max: 500, countsLoggers: false };
  assertEquals(findSlots(scandir, slots, capacity).services, 2); // not .hermes
});

Deno.test("countServices() counts as s6-svscan does: directories without a dot in front, and loggers from 2.12 on", async () => {
  using temp = new TempDir();
  const { scandir } = await scene(temp);
  for (const dir of ["static", "logged/log"]) temp.mkdir(`away/${dir}`);
  Deno.symlinkSync("../away/static", `${scandir}/static`);
  Deno.symlinkSync("../away/logged", `${scandir}/logged`);
  Deno.symlinkSync("../away/none", `${scandir}/dangling`);
  temp.write("scandir/file");
  assertEquals(countServices({ scandir, max: 500, countsLoggers: false }), 3);
  assertEquals(countServices({ scandir, max: 1000, countsLoggers: true }), 5);
  assertEquals(countServices({ scandir: `${scandir}/none`, max: 500, countsLoggers: true }), 0);
});

const odd: [what: string, make: (path: string, dir: string) => void][] = [
  ["a FIFO", (path) => mkfifo(path)],
  ["a symlink to its like", (path, dir) => {
    Deno.copyFileSync(`${dir}/../gateway-coder/finish`, `${dir}/../like`);
    Deno.symlinkSync("../like", path);
  }],
  ["over 1 MiB", (path) => Deno.writeFileSync(path, new Uint8Array((1 << 20) + 1))],
  ["a directory", (path) => Deno.mkdirSync(path)],
];

for (const [what, make] of odd) {
  Deno.test(`findSlots() reads no file that is ${what}, does not wait, and changes nothing`, async () => {
    using temp = new TempDir();
    const { scandir, dir } = await scene(temp);
    Deno.renameSync(`${dir}/run`, `${temp.path}/run`);
    make(`${dir}/run`, dir);
    const before = snapshot(scandir, { exact: true });
    const found = findSlots(scandir, [slot]).found.get(slot);
    assert(found !== undefined && !(found instanceof Error));
    const content = found.files.get("run")?.content;
    assertStringIncludes(String(content), "not a regular small file");
    assertEquals(snapshot(scandir, { exact: true }), before);
  });
}

Deno.test("findSlots() has an error for a slot that is no directory, and follows no symlink", async () => {
  using temp = new TempDir();
  const { scandir, dir } = await scene(temp);
  const slots = [slotOf("file"), slotOf("link")];
  temp.write("scandir/gateway-file");
  Deno.symlinkSync(dir, `${scandir}/gateway-link`);
  const { found } = findSlots(scandir, slots);
  assertEquals(
    slots.map((one) => String(found.get(one))),
    slots.map(({ name }) => `Error: ${name} in the scandir is not a directory`),
  );
});

Deno.test("findSlots() has what could be read of a slot, and why the rest could not", async () => {
  using temp = new TempDir();
  const { scandir, dir } = await scene(temp);
  await apply(scandir, [slotOf("shut"), slotOf("open")]);
  Deno.chmodSync(`${dir}/supervise`, 0);
  Deno.chmodSync(`${scandir}/gateway-shut`, 0);
  const { stdout } = await runScript(
    `
    import { gatewaySlot } from "../../lib/slot/slot.ts";
    import { findSlots } from "../../lib/slot/slot_facts.ts";
    const slots = ["coder", "shut", "open"]
      .map((profile) => gatewaySlot({ profile, home: "/opt/data" }, false));
    const { found } = findSlots("${scandir}", slots);
    for (const slot of slots) {
      const one = found.get(slot);
      console.log(one.name ?? [one.files.size, one.entries.has("log/supervise/control"), one.error?.name].join());
    }
    `,
    { capabilities: "none" },
  );
  Deno.chmodSync(`${scandir}/gateway-shut`, 0o755);
  assertEquals(stdout, "4,true,PermissionDenied\nPermissionDenied\n4,true,\n");
});

Deno.test("findSlots() reads no content twice that slots share", async () => {
  using temp = new TempDir();
  const names = ["a", "b", "c"];
  await apply(temp.mkdir("scandir"), names.map((name) => slotOf(name, true)));
  const { stdout } = await runScript(`
    import { gatewaySlot } from "../../lib/slot/slot.ts";
    import { findSlots } from "../../lib/slot/slot_facts.ts";
    const seen = [];
    const read = Deno.readTextFileSync;
    Deno.readTextFileSync = (path) => {
      seen.push(path.slice(path.indexOf("gateway-")));
      return read(path);
    };
    const slots = ${JSON.stringify(names)}
      .map((profile) => gatewaySlot({ profile, home: "/opt/data" }, true));
    findSlots("${temp.path}/scandir", slots);
    console.log(seen.join("\\n"));
  `);
  const own = names.flatMap((name) => [`gateway-${name}/run`, `gateway-${name}/log/run`]);
  assertEquals(
    stdout.trim().split("\n").sort(),
    [
      ...["gateway-a/finish", "gateway-a/type", ...own],
    ].sort(),
  );
});

Deno.test({
  name: "findSlots() never swallows Deno's NotCapable",
  permissions: { read: false },
  fn() {
    assertThrows(() => findSlots("/run/service", [slot]), Deno.errors.NotCapable);
  },
});
