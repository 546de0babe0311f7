import { assertEquals, assertStringIncludes } from "@std/assert";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { renderSlot } from "../../lib/slot/render.ts";
import { assertWholeSlot, Home, RUNNING, runScript, STOPPED } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

/** Registers a profile's environment in the slot that is there. */
function registerEnv(home: Home, profile: string, extraEnv: Record<string, string>): string {
  const { run } = renderSlot({ profile, home: home.path, extraEnv });
  Deno.writeTextFileSync(`${home.slot(profile)}/run`, run);
  return run;
}

async function reconcile(home: Home): Promise<string[]> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  await reconcileProfileGateways({ home: home.path, scandir: home.scandir, warn });
  return warnings.filter((warning) => !warning.includes("no prior state"));
}

Deno.test("reconcileProfileGateways() on a live tree keeps the environment a slot was registered with", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  home.add("plain", RUNNING);
  await reconcile(home);
  const run = registerEnv(home, "coder", { TOKEN: "it's", EMPTY: "" });
  home.add("coder", STOPPED);
  Deno.writeTextFileSync(`${home.slot("coder")}/finish`, "old");
  assertEquals(await reconcile(home), []);
  assertEquals(Deno.readTextFileSync(`${home.slot("coder")}/run`), run);
  assertWholeSlot(home.slot("coder"), { down: true });
  assertEquals(
    Deno.readTextFileSync(`${home.slot("plain")}/run`),
    renderSlot({ profile: "plain", home: home.path }).run,
  );
});

Deno.test("reconcileProfileGateways() warns of a run whose environment it cannot keep, and replaces it", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  await reconcile(home);
  Deno.writeTextFileSync(`${home.slot("coder")}/run`, "#!/bin/sh\nexec evil\n");
  const [warning, ...more] = await reconcile(home);
  assertStringIncludes(warning ?? "", "profile=coder: no environment is kept: run: not made by");
  assertEquals(more, []);
  assertEquals(
    Deno.readTextFileSync(`${home.slot("coder")}/run`),
    renderSlot({ profile: "coder", home: home.path }).run,
  );
});

Deno.test("reconcileProfileGateways() reads nothing in a slot that it makes, and no file of another twice", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const name of ["a", "b", "c"]) home.add(name, RUNNING);
  const script = `
    import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
    const seen = [];
    const scandir = "${home.scandir}";
    for (const name of ["readTextFileSync", "readFileSync", "openSync", "lstatSync"]) {
      const real = Deno[name];
      Deno[name] = (path, ...rest) => {
        if (path.startsWith(scandir + "/gateway-")) seen.push(name + path.slice(scandir.length));
        return real(path, ...rest);
      };
    }
    await reconcileProfileGateways({ home: "${home.path}", scandir });
    console.log(JSON.stringify(seen));
  `;
  const seen = async (): Promise<string[]> => JSON.parse((await runScript(script)).stdout);
  assertEquals(await seen(), []);
  registerEnv(home, "b", { TOKEN: "x" });
  const { run } = renderSlot({ profile: "c", home: home.path });
  Deno.writeTextFileSync(`${home.slot("c")}/run`, run.replace("hermes", "herpes"));
  const paths = await seen();
  const runs = paths.filter((path) => path.endsWith("/run") && !path.endsWith("/log/run"));
  assertEquals(runs.sort(), [
    ...["lstatSync/gateway-a/run", "lstatSync/gateway-b/run", "lstatSync/gateway-c/run"],
    ...["lstatSync/gateway-default/run", "readTextFileSync/gateway-a/run"],
    ...["readTextFileSync/gateway-b/run", "readTextFileSync/gateway-c/run"],
    "readTextFileSync/gateway-default/run",
  ]);
  assertEquals(paths.length, new Set(paths).size);
});
