import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { permissionFlags, type Places } from "../../lib/image/permissions.ts";
import {
  CLUSTER_LOOP,
  HERMES_SETUP,
  permissionTable,
  PROFILE_WATCH,
  RECONCILE_PROFILES,
  STAGES,
  START_GATEWAYS,
  STATUS,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { REPO } from "../_fixtures.ts";

const PLACES: Places = {
  ...{ facts: "/f", home: "/h", scandir: "/s", servicedirs: "/d" },
  ...{ listen: "h:1", api: "a:1" },
};

Deno.test("no stage has a bare flag, or env, ffi, sys or import; status has one address, the loop one server", () => {
  for (const stage of STAGES) {
    for (const flag of permissionFlags(stage.permissions(PLACES))) {
      if (stage === STATUS && flag === "--allow-net=h:1") continue;
      if (stage === CLUSTER_LOOP && flag === "--allow-net=a:1") continue;
      assert(/^--allow-(read|write|run)=./.test(flag), `${stage.name}: ${flag}`);
    }
  }
});

Deno.test("status may write nothing and run nothing but look", () => {
  const { write, run, net } = STATUS.permissions(PLACES);
  assertEquals([write, run, net], [undefined, ["/opt/hermes-boot/libexec/look"], ["h:1"]]);
});

Deno.test("only 01 and 015 stay root", () => {
  assertEquals(STAGES.filter(({ user }) => user === "root"), [HERMES_SETUP, SUPERVISE_PERMS]);
});

Deno.test("a stage that is hermes's reads the facts, and nobody writes them", () => {
  for (const { name, user, permissions } of STAGES) {
    const { read, write } = permissions(PLACES);
    assertEquals(read?.includes("/f"), user === "hermes", name);
    assert(!write?.includes("/f"), name);
  }
});

Deno.test("02 may read and write exactly what it names", () => {
  const { read, write, run } = RECONCILE_PROFILES.permissions(PLACES);
  const stale = ["/h/gateway.pid", "/h/processes.json"];
  const both = ["/s", "/h/profiles", "/h/logs", "/h/gateway_state.json", ...stale];
  const read_only = ["/f", "/h/state/gateway.lifecycle.json", "/h/config.yaml"];
  assertEquals(new Set(read), new Set([...both, ...read_only]));
  assertEquals(new Set(write), new Set(both));
  assertEquals(run, ["/usr/bin/mkfifo"]);
});

Deno.test("where s6-supervise is hermes 02 may run nothing, and the watcher no mkfifo", () => {
  const places = { ...PLACES, slotsRunAs: "hermes" as const };
  const { run, ...files } = RECONCILE_PROFILES.permissions(places);
  assertEquals(run, []);
  assertEquals({ ...files, run: ["/usr/bin/mkfifo"] }, RECONCILE_PROFILES.permissions(PLACES));
  const watch = (known: Places) => PROFILE_WATCH.permissions(known).run ?? [];
  assertEquals(watch(PLACES), ["/usr/bin/mkfifo", ...watch(places)]);
});

Deno.test("who starts what waits may write nothing but the scandir, and run nothing but s6-svc", () => {
  const { write, run } = START_GATEWAYS.permissions(PLACES);
  assertEquals([write, run], [["/s"], ["/command/s6-svc"]]);
});

Deno.test("the watcher may write nothing but the scandir", () => {
  assertEquals(PROFILE_WATCH.permissions(PLACES).write, ["/s"]);
});

Deno.test("the loop of a cluster may write the volume's ID, and nothing else", () => {
  const { write, run } = CLUSTER_LOOP.permissions(PLACES);
  assertEquals(write, ["/h/.hermes-boot-volume", "/h/.hermes-boot-volume.new"]);
  assertEquals(run, undefined);
});

Deno.test("the tasks of deno.json run the boot stages with their own permissions", () => {
  const words = {
    facts: "$FACTS",
    home: "$HERMES_HOME",
    scandir: "$S6_PROFILE_GATEWAY_SCANDIR",
    servicedirs: "/run/s6-rc/servicedirs",
    listen: "",
  };
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${REPO}/deno.json`));
  const commands: string[] = Object.values<{ command: string }>(tasks).map(({ command }) =>
    command
  );
  for (const stage of [HERMES_SETUP, SUPERVISE_PERMS, RECONCILE_PROFILES]) {
    const flags = permissionFlags(stage.permissions(words)).join(" ");
    assert(
      commands.some((command) => command.includes(`${flags} ${stage.entry}`)),
      `${stage.name}: no task has ${flags}`,
    );
  }
});

Deno.test("permissionTable() has a row for each stage", () => {
  const [header = "", , ...rows] = permissionTable().trimEnd().split("\n");
  assertEquals(header, "| stage | user | read | write | run | net |");
  assertEquals(rows.length, STAGES.length);
  assertStringIncludes(rows[2] ?? "", "| 02-reconcile-profiles | hermes | `$facts`, `$scandir`, ");
  for (const row of rows) assertEquals(row.split("|").length, header.split("|").length, row);
});
