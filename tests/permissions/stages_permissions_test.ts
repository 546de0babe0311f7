import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  HERMES_SETUP,
  RECONCILE_PROFILES,
  type Stage,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { permissionFlags, type Permissions } from "../../lib/image/permissions.ts";
import { NOWHERE, writeFacts } from "../_facts.ts";
import { mkfifo, RUNNING, runScript } from "../_fixtures.ts";
import { type RunOptions, TempDir } from "../_temp.ts";
import { audit, droppedGrants, lies } from "./_audit.ts";

/** A world in which a stage needs everything it is granted. */
interface Scene {
  permissions: Permissions;
  options: RunOptions;
}

/** An upgraded container: profiles, stale files, a log to rotate, a slot to make and one to refresh. */
function reconcileScene(temp: TempDir, slotsRunAs: "root" | "hermes" = "root"): Scene {
  const [home, scandir] = [`${temp.path}/home`, temp.mkdir("scandir")];
  for (const dir of ["home", "home/profiles/coder", "home/profiles/writer"]) {
    temp.mkdir(`${dir}/state`);
    temp.write(`${dir}/SOUL.md`);
    if (dir !== "home") temp.write(`${dir}/gateway_state.json`, RUNNING);
    temp.write(`${dir}/state/gateway.lifecycle.json`, '{"phase":"running"}');
    temp.write(`${dir}/gateway.pid`, "1");
    temp.write(`${dir}/processes.json`, "[]");
  }
  for (const name of [".env", "auth.json"]) temp.write(`home/${name}`, "secret");
  temp.mkdir("home/logs");
  temp.write("home/logs/container-boot.log", "x".repeat(262144));
  temp.mkdir("scandir/gateway-writer");
  temp.write("scandir/gateway-writer/run", "old");
  const values = { home, scandir, slots_run_as: slotsRunAs, role: "gateway-run" };
  const facts = writeFacts(values, temp.path);
  const places = { ...NOWHERE, facts, home, scandir, slotsRunAs };
  return {
    permissions: RECONCILE_PROFILES.permissions(places),
    options: { args: [`--facts=${facts}`] },
  };
}

function setupScene(temp: TempDir): Scene {
  const home = temp.mkdir("home");
  return {
    permissions: HERMES_SETUP.permissions({ ...NOWHERE, home }),
    options: { args: ["--home", home] },
  };
}

function superviseScene(temp: TempDir): Scene {
  const [servicedirs, scandir] = [temp.mkdir("servicedirs"), temp.mkdir("scandir")];
  for (const dir of ["servicedirs/dashboard/supervise", "scandir/.s6-svscan"]) {
    mkfifo(`${temp.mkdir(dir, 0o700)}/control`);
  }
  temp.mkdir("servicedirs/dashboard/event");
  // Somebody else's UID and the caller's own GID, which anyone may chown to.
  const owner = `--owner=54321:${Deno.gid() ?? 0}`;
  return {
    permissions: SUPERVISE_PERMS.permissions({ ...NOWHERE, servicedirs, scandir }),
    options: { args: [`--servicedirs=${servicedirs}`, `--scandir=${scandir}`, owner] },
  };
}

const SCENES: readonly [Stage, (temp: TempDir) => Scene, where?: string][] = [
  [HERMES_SETUP, setupScene],
  [RECONCILE_PROFILES, (temp) => reconcileScene(temp)],
  [RECONCILE_PROFILES, (temp) => reconcileScene(temp, "hermes"), " where s6-supervise is hermes"],
  [SUPERVISE_PERMS, superviseScene],
];

/** Runs a stage in its scene, without the nth of its grants if asked to. */
async function runScene(entry: string, makeScene: (temp: TempDir) => Scene, drop = -1) {
  using temp = new TempDir();
  const { permissions, options } = makeScene(temp);
  const grants = [...droppedGrants(permissions)];
  const [kind, grant, rest = permissions] = grants[drop] ?? [];
  const outcome = await audit(entry, rest, options);
  return { ...outcome, permissions, count: grants.length, dropped: `--allow-${kind}=${grant}` };
}

for (const [{ name, entry }, makeScene, where = ""] of SCENES) {
  Deno.test(`${name}${where} needs each of its permissions, and no other`, async () => {
    const { code, stderr, asked, permissions, count } = await runScene(entry, makeScene);
    assertEquals(code, 0, stderr);
    assert(asked.length > 0, "the audit log is empty");
    assertEquals(asked.filter((one) => !lies(one, permissions)), []);
    assert(count > 0);
    for (let drop = 0; drop < count; drop++) {
      const { code, stderr, dropped } = await runScene(entry, makeScene, drop);
      assert(code !== 0, `it does without ${dropped}`);
      assertMatch(stderr, /Requires (read|write|run|env) access to/, dropped);
      assert(!/^\s+at /m.test(stderr), `a stack trace without ${dropped}:\n${stderr}`);
    }
  });
}

Deno.test("02-reconcile-profiles can read neither .env nor auth.json of the root profile", async () => {
  using temp = new TempDir();
  const flags = permissionFlags(reconcileScene(temp).permissions);
  for (const file of [".env", "auth.json", "SOUL.md"]) {
    const path = JSON.stringify(`${temp.path}/home/${file}`);
    const { code, stderr } = await runScript(`Deno.readTextFileSync(${path});`, { flags });
    assert(code !== 0, `${file} could be read`);
    assertMatch(stderr, /NotCapable: Requires read access/);
  }
});
