import { assertEquals } from "@std/assert";
import { LogSizes, readRestarts } from "../../lib/explain/metrics_facts.ts";
import { mkfifo, REPO } from "../_fixtures.ts";
import { run, TempDir } from "../_temp.ts";

const COUNT = `${REPO}/rootfs/opt/hermes-boot/libexec/count-restart`;

Deno.test("readRestarts() counts what count-restart has counted, also when the slot was made anew", async () => {
  using temp = new TempDir();
  temp.mkdir("scandir/.hermes");
  const scandir = `${temp.path}/scandir`;
  assertEquals(readRestarts(scandir, "gateway-coder"), 0);
  for (const times of [1, 2]) {
    const cwd = temp.mkdir("scandir/gateway-coder");
    const outcome = await run("/bin/sh", { args: [COUNT, "gateway-coder"], cwd });
    assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
    assertEquals(readRestarts(scandir, "gateway-coder"), times);
    Deno.removeSync(cwd, { recursive: true });
  }
  assertEquals(readRestarts(scandir, "gateway-writer"), 0);
});

Deno.test("count-restart says nothing, and lets s6 go on, where nothing can be counted", async () => {
  using temp = new TempDir();
  const outcome = await run("/bin/sh", { args: [COUNT, "gateway-coder"], cwd: temp.path });
  assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
});

Deno.test("readRestarts() takes nothing for a count that is no file", () => {
  using temp = new TempDir();
  temp.mkdir("scandir/.hermes");
  mkfifo(`${temp.path}/scandir/.hermes/restarts-gateway-coder`);
  Deno.symlinkSync("/etc/passwd", `${temp.path}/scandir/.hermes/restarts-gateway-writer`);
  for (const slot of ["gateway-coder", "gateway-writer"]) {
    assertEquals(readRestarts(`${temp.path}/scandir`, slot), 0);
  }
});

Deno.test("LogSizes adds up what s6-log keeps, and sees what it has rotated since", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("log");
  const sizes = new LogSizes();
  assertEquals(sizes.of(`${temp.path}/none`), undefined);
  assertEquals(sizes.of(dir), 0);
  temp.write("log/current", "x".repeat(10));
  temp.write("log/lock", "xxx");
  temp.write(`log/@${"0".repeat(24)}.s`, "x".repeat(100));
  assertEquals(sizes.of(dir), 110);
  temp.write("log/current", "x".repeat(11));
  assertEquals(sizes.of(dir), 111);
  Deno.renameSync(`${dir}/current`, `${dir}/@${"1".repeat(24)}.s`);
  temp.write("log/current", "x");
  assertEquals(sizes.of(dir), 112);
});

Deno.test("LogSizes follows no symlink and opens nothing", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("log");
  mkfifo(`${dir}/current`);
  Deno.symlinkSync("/etc/passwd", `${dir}/@${"0".repeat(24)}.s`);
  assertEquals(new LogSizes().of(dir), 0);
  Deno.symlinkSync(dir, `${temp.path}/link`);
  assertEquals(new LogSizes().of(`${temp.path}/link`), undefined);
});
