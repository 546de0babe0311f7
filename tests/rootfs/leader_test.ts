import { assertEquals, assertMatch } from "@std/assert";
import { TempDir } from "../_temp.ts";
import { render, Scripts } from "../slot/_scripts.ts";

/** What a `run` that sources leader.sh leaves in `leader`. */
function written(scripts: Scripts): string {
  return Deno.readTextFileSync(`${scripts.dir}/leader`);
}

Deno.test("leader.sh writes down the process that the service becomes, and nothing is ended at a first start", async () => {
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  assertEquals(await scripts.run(render(temp).run), { code: 0, stdout: "", stderr: "" });
  assertMatch(written(scripts), /^\d+ \(sh\) \S( -?\d+){10,}\n$/);
  assertEquals(scripts.noted("ended"), undefined);
});

Deno.test("leader.sh ends what it finds running, and no program is started for one that is gone", async () => {
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  for (const content of ["", "99999999 (sh) S 1\n", "word\n"]) {
    Deno.writeTextFileSync(`${scripts.dir}/leader`, content);
    await scripts.run(render(temp).run);
    assertEquals(scripts.noted("ended"), undefined, content);
  }
  scripts.leader(Deno.pid);
  await scripts.run(render(temp).run);
  assertEquals(scripts.noted("ended"), ["leader", "50"]);
});

Deno.test("leader.sh does not keep a service from its start where it cannot write", async () => {
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  Deno.mkdirSync(`${scripts.dir}/leader`);
  assertEquals((await scripts.run(render(temp).run)).code, 0);
  assertEquals(scripts.noted("args")?.[0], "-p");
});
