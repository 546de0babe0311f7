import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  GENERATE_DASHBOARD,
  HERMES_SETUP,
  permissionFlags,
  type Permissions,
  permissionTable,
  RECONCILE_PROFILES,
  type Stage,
  STAGES,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { Home, mkfifo, REPO, runEntry, RUNNING } from "../_fixtures.ts";
import { exists, type Outcome, TempDir } from "../_temp.ts";

const SHELL_WORDS = {
  home: "$HERMES_HOME",
  scandir: "$S6_PROFILE_GATEWAY_SCANDIR",
  servicedirs: "/run/s6-rc/servicedirs",
  out: "rootfs/etc/s6-overlay/s6-rc.d/dashboard",
};

Deno.test("permissionFlags() makes one flag per kind and none for an empty one", () => {
  assertEquals(
    permissionFlags({ env: ["A", "B"], read: ["/a", "/b"], write: [], run: ["/usr/bin/x"] }),
    ["--allow-read=/a,/b", "--allow-run=/usr/bin/x", "--allow-env=A,B"],
  );
  assertEquals(permissionFlags({}), []);
});

Deno.test("permissionFlags() doubles a comma, as Deno expects", () => {
  assertEquals(permissionFlags({ read: ["/a,b", "/c"] }), ["--allow-read=/a,,b,/c"]);
});

Deno.test("no stage has a bare flag, or net, ffi, sys or import", () => {
  const places = { home: "/h", scandir: "/s", servicedirs: "/d", out: "/o" };
  for (const stage of STAGES) {
    for (const flag of permissionFlags(stage.permissions(places))) {
      assert(/^--allow-(read|write|run|env)=./.test(flag), `${stage.name}: ${flag}`);
    }
  }
});

Deno.test("only 01 and 015 stay root", () => {
  assertEquals(STAGES.filter(({ user }) => user === "root"), [
    ...[HERMES_SETUP, SUPERVISE_PERMS],
  ]);
});

Deno.test("02 may read and write exactly what is listed here", () => {
  const home = "/opt/data";
  const { read, write, run, env } = RECONCILE_PROFILES.permissions({
    ...{ home, scandir: "/run/service", servicedirs: "", out: "" },
  });
  const stale = [`${home}/gateway.pid`, `${home}/processes.json`];
  const named = ["gateway_state.json", "state/gateway.lifecycle.json"].map((f) => `${home}/${f}`);
  const both = ["/run/service", `${home}/profiles`, `${home}/logs`];
  assertEquals(new Set(read), new Set([...both, ...named, ...stale, `${home}/config.yaml`]));
  assertEquals(new Set(write), new Set([...both, ...stale, `${home}/gateway_state.json`]));
  assertEquals(run, ["/usr/bin/mkfifo"]);
  assertEquals(env, [
    ...["HERMES_HOME", "S6_PROFILE_GATEWAY_SCANDIR"],
    ...["HERMES_GATEWAY_PROFILES", "HERMES_GATEWAY_SHARD"],
    ...["GATEWAY_MULTIPLEX_PROFILES", "HERMES_GATEWAY_NO_SUPERVISE"],
  ]);
});

Deno.test("the tasks of deno.json run the stages with their own permissions", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${REPO}/deno.json`));
  const commands = Object.values(tasks).map((task) =>
    typeof task === "string" ? task : (task as { command: string }).command
  );
  for (const stage of STAGES) {
    const flags = permissionFlags(stage.permissions(SHELL_WORDS)).join(" ");
    assert(
      commands.some((command) => command.includes(`${flags} ${stage.entry}`)),
      `${stage.name}: no task has ${flags}`,
    );
  }
});

Deno.test("permissionTable() has a row per stage with every one of its permissions", () => {
  const [head = "", rule = "", ...rows] = permissionTable().trimEnd().split("\n");
  assertEquals(head, "| stage | user | read | write | run | env |");
  assertEquals(rule.replace(/[ -]/g, ""), "|||||||");
  assertEquals(rows.map((row) => row.split(" | ").slice(0, 2).join()), [
    ...STAGES.map(({ name, user }) => `| ${name},${user}`),
  ]);
  const [, , reconcile = ""] = rows;
  for (const word of ["`$home/profiles`", "`$home/gateway.pid`", "`/usr/bin/mkfifo`"]) {
    assertStringIncludes(reconcile, word);
  }
  for (const row of rows) assertEquals(row.split("|").length, 8, row);
});

Deno.test("the README's table of permissions is what the stages declare", () => {
  assertStringIncludes(Deno.readTextFileSync(`${REPO}/README.md`), permissionTable());
});

interface Scene {
  permissions: Permissions;
  /** What it must have done, if it did its work. */
  done(): boolean;
  run(permissions: Permissions, audit?: string): Promise<Outcome>;
}

/** A place where a stage has something to do with each of its permissions. */
function setScene(temp: TempDir, stage: Stage): Scene {
  const home = new Home(temp);
  const servicedirs = temp.mkdir("servicedirs");
  const places = { home: home.path, scandir: home.scandir, servicedirs, out: temp.mkdir("out") };
  const permissions = stage.permissions(places);
  let args: string[] = [];
  let stdin: string | undefined;
  let env: Record<string, string> = {};
  let done = () => false;
  if (stage === RECONCILE_PROFILES) {
    for (const name of ["default", "coder"]) {
      const dir = home.add(name, name === "default" ? undefined : RUNNING);
      Deno.mkdirSync(`${dir}/state`);
      for (const file of ["gateway.pid", "processes.json", "state/gateway.lifecycle.json"]) {
        Deno.writeTextFileSync(`${dir}/${file}`, '{"phase":"exited"}');
      }
    }
    args = ["--container-command"];
    stdin = "/init\0gateway\0run\0";
    env = { HERMES_HOME: home.path, S6_PROFILE_GATEWAY_SCANDIR: home.scandir };
    done = () => exists(`${home.slot("coder")}/run`) && exists(`${home.path}/logs`);
  } else if (stage === HERMES_SETUP) {
    args = ["--home", home.path];
    done = () => exists(`${home.path}/logs/gateways`);
  } else if (stage === SUPERVISE_PERMS) {
    temp.mkdir("servicedirs/dashboard");
    temp.mkdir("servicedirs/dashboard/event", 0o700);
    temp.mkdir("servicedirs/dashboard/supervise", 0o700);
    temp.mkdir("scandir");
    temp.mkdir("scandir/.s6-svscan", 0o700);
    mkfifo(`${servicedirs}/dashboard/supervise/control`);
    mkfifo(`${home.scandir}/.s6-svscan/control`);
    const owner = `${(Deno.uid() ?? 0) + 12345}:${Deno.gid()}`;
    args = [`--servicedirs=${servicedirs}`, `--scandir=${home.scandir}`, `--owner=${owner}`];
    done = () =>
      (Deno.lstatSync(`${home.scandir}/.s6-svscan/control`).mode ?? 0) % 0o1000 === 0o660;
  } else {
    args = ["--out", places.out];
    done = () => exists(`${places.out}/finish`);
  }
  return {
    permissions,
    done,
    run: (granted, audit) =>
      runEntry(stage.entry, permissionFlags(granted), {
        args,
        ...stdin === undefined ? {} : { stdin },
        env: audit === undefined ? env : { ...env, DENO_AUDIT_PERMISSIONS: audit },
      }),
  };
}

const KINDS = ["read", "write", "run", "env"] as const;

for (const stage of STAGES) {
  Deno.test(`${stage.name} asks for nothing beyond its permissions`, async () => {
    using temp = new TempDir();
    const scene = setScene(temp, stage);
    const audit = `${temp.path}/audit`;
    const { code, stderr } = await scene.run(scene.permissions, audit);
    assertEquals([code, stderr], [0, ""]);
    assert(scene.done());
    const asked = Deno.readTextFileSync(audit).trimEnd().split("\n")
      .map((line): { permission: string; value: string } => JSON.parse(line));
    assert(asked.length > 0);
    for (const { permission, value } of asked) {
      const kind = KINDS.find((kind) => kind === permission);
      const granted = kind === undefined ? [] : scene.permissions[kind] ?? [];
      assert(
        granted.some((path) => value === path || value.startsWith(`${path}/`)),
        `${permission} of ${value} is not granted`,
      );
    }
  });

  Deno.test(`${stage.name} fails without any single one of its permissions`, async () => {
    using scratch = new TempDir();
    const all = setScene(scratch, stage).permissions;
    for (const kind of KINDS) {
      for (let i = 0; i < (all[kind]?.length ?? 0); i++) {
        using temp = new TempDir();
        const scene = setScene(temp, stage);
        const list = scene.permissions[kind] ?? [];
        const { code, stderr } = await scene.run({
          ...scene.permissions,
          [kind]: list.filter((_, index) => index !== i),
        });
        assertEquals(code, 1, `without ${kind} of ${list[i]}`);
        assertStringIncludes(stderr, `--allow-${kind}`);
      }
    }
  });
}

Deno.test("the generator of the dashboard has only its output folder", () => {
  const places = { home: "/h", scandir: "/s", servicedirs: "/d", out: "/o" };
  assertEquals(GENERATE_DASHBOARD.permissions(places), { read: ["/o"], write: ["/o"] });
});
