import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  HERMES_SETUP,
  RECONCILE_PROFILES,
  type Stage,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { permissionFlags, type Permissions } from "../../lib/image/permissions.ts";
import { NOWHERE, writeFacts } from "../_facts.ts";
import { audit, type AuditedRun, droppedGrants, lies, type Program } from "./_audit.ts";

/** A world in which a stage needs everything it is granted. */
interface Scene {
  home: string;
  program: Program;
  permissions: Permissions;
}

type MakeScene = (root: string) => Promise<Scene>;

async function put(path: string, text = ""): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** An upgraded container: profiles, stale files, a log to rotate, a slot to make and one to refresh. */
async function reconcileScene(root: string): Promise<Scene> {
  const [home, scandir] = [`${root}/home`, `${root}/scandir`];
  const state = '{"desired_state":"running"}';
  for (const dir of [home, `${home}/profiles/coder`, `${home}/profiles/writer`]) {
    await put(`${dir}/SOUL.md`);
    if (dir !== home) await put(`${dir}/gateway_state.json`, state);
    await put(`${dir}/state/gateway.lifecycle.json`, '{"phase":"running"}');
    await put(`${dir}/gateway.pid`, "1");
    await put(`${dir}/processes.json`, "[]");
  }
  await put(`${home}/profiles/Bad Name/SOUL.md`);
  await put(`${home}/.env`, "SECRET=1");
  await put(`${home}/auth.json`, "{}");
  await put(`${home}/logs/container-boot.log`, "x".repeat(262144));
  await put(`${scandir}/gateway-writer/run`, "old");
  const facts = writeFacts({ home, scandir, role: "gateway-run" }, root);
  return {
    home,
    program: {
      entry: RECONCILE_PROFILES.entry,
      args: [`--facts=${facts}`],
    },
    permissions: RECONCILE_PROFILES.permissions({ ...NOWHERE, facts, home, scandir }),
  };
}

async function setupScene(root: string): Promise<Scene> {
  const home = `${root}/home`;
  await put(`${home}/config.yaml`);
  return {
    home,
    program: { entry: HERMES_SETUP.entry, args: ["--home", home] },
    permissions: HERMES_SETUP.permissions({ ...NOWHERE, home }),
  };
}

async function superviseScene(root: string): Promise<Scene> {
  const [servicedirs, scandir] = [`${root}/servicedirs`, `${root}/scandir`];
  for (const dir of [`${servicedirs}/dashboard/supervise`, `${scandir}/.s6-svscan`]) {
    await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
    await new Deno.Command("mkfifo", { args: ["-m", "600", `${dir}/control`] }).output();
  }
  await Deno.mkdir(`${servicedirs}/dashboard/event`);
  const args = [`--servicedirs=${servicedirs}`, `--scandir=${scandir}`];
  return {
    home: "",
    // Somebody else's UID and the caller's own GID, which anyone may chown to.
    program: {
      entry: SUPERVISE_PERMS.entry,
      args: [...args, `--owner=54321:${Deno.gid() ?? 0}`],
    },
    permissions: SUPERVISE_PERMS.permissions({ ...NOWHERE, scandir, servicedirs }),
  };
}

async function inScene<T>(make: MakeScene, act: (scene: Scene) => Promise<T>): Promise<T> {
  const root = await Deno.makeTempDir();
  try {
    return await act(await make(root));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Deno's own words for a permission that is missing. */
const NOT_CAPABLE = /Requires (read|write|run|env) access to/;

function assertRefused({ code, stderr }: AuditedRun, what: string): void {
  assert(code !== 0, `without ${what} the stage succeeded`);
  assertMatch(stderr, NOT_CAPABLE, `without ${what} the message is not clear`);
  assert(!/^\s+at /m.test(stderr), `without ${what} there is a stack trace:\n${stderr}`);
}

const SCENES: readonly (readonly [Stage, MakeScene])[] = [
  [HERMES_SETUP, setupScene],
  [RECONCILE_PROFILES, reconcileScene],
  [SUPERVISE_PERMS, superviseScene],
];

for (const [stage, make] of SCENES) {
  Deno.test(`${stage.name} asks for nothing outside its grants`, async () => {
    await inScene(make, async ({ program, permissions }) => {
      const { code, stderr, asked } = await audit(program, permissions);
      assertEquals(code, 0, stderr);
      assert(asked.length > 0, "the audit log is empty");
      assertEquals(asked.filter((one) => !lies(one, permissions)), []);
    });
  });

  Deno.test(`${stage.name} needs every single grant`, async () => {
    let tried = 0;
    const { permissions } = await inScene(make, (scene) => Promise.resolve(scene));
    for (const [index] of [...droppedGrants(permissions)].entries()) {
      await inScene(make, async (scene) => {
        const [kind, grant, rest] = [...droppedGrants(scene.permissions)][index]!;
        assertRefused(await audit(scene.program, rest), `--allow-${kind}=${grant}`);
      });
      tried++;
    }
    assert(tried > 0);
    console.log(`${stage.name}: dropped ${tried} grants one by one`);
  });
}

Deno.test("02-reconcile-profiles can read neither .env nor auth.json of the root profile", async () => {
  await inScene(reconcileScene, async ({ permissions, home }) => {
    const probe = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      for (const file of [".env", "auth.json", "SOUL.md"]) {
        const path = `${home}/${file}`;
        await Deno.writeTextFile(probe, `Deno.readTextFileSync(${JSON.stringify(path)});`);
        const { code, stderr } = await new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--no-prompt", "--quiet"],
            ...permissionFlags(permissions),
            probe,
          ],
          env: { NO_COLOR: "1" },
        }).output();
        assert(code !== 0, `${file} could be read`);
        assertMatch(new TextDecoder().decode(stderr), /NotCapable: Requires read access/);
      }
    } finally {
      await Deno.remove(probe);
    }
  });
});
