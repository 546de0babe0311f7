import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderDashboard } from "../../lib/image/dashboard.ts";
import { fakeBin, recorded, recorder, REPO } from "../_fixtures.ts";
import { exists, modeOf, type Outcome, run, TempDir } from "../_temp.ts";

const SERVICE = `${REPO}/rootfs/etc/s6-overlay/s6-rc.d/dashboard`;
const ON = ["1", "true", "TRUE", "True", "tRuE", "yes", "YES", "Yes", "on", "ON", "On", "oN"];
const OFF = [
  ...[
    "",
    "0",
    "2",
    "10",
    "false",
    "no",
    "off",
    "y",
    "t",
    "enabled",
    "true ",
    " true",
    "1\n",
    "onn",
  ],
];

/** Runs a script of the pair with fake programs; the user is root if `uid` is 0. */
async function runScript(
  temp: TempDir,
  name: "run" | "finish",
  env: Record<string, string>,
  { args = [] as string[], uid = 0, path = "" } = {},
): Promise<Outcome> {
  const note = (file: string) => `${temp.path}/${file}`;
  const bin = fakeBin(note("bin"), {
    id: `[ "$*" = -u ] && echo ${uid}`,
    "s6-setuidgid": recorder(note("setuidgid"), 'shift; exec "$@"'),
    hermes: recorder(note("args"), `env -0 >'${note("env")}'`),
  });
  fakeBin(note("service"), { [name]: renderDashboard().get(name) ?? "" });
  return await run("/bin/sh", {
    args: [`${temp.path}/service/${name}`, ...args],
    env: { PATH: path || `${bin}:/usr/bin:/bin`, ...env },
  });
}

const arguments_ = (host: string, port: string) => [
  ...["dashboard", "--host", host, "--port", port, "--no-open"],
];

Deno.test("the committed dashboard pair is what the generator renders", () => {
  for (const [name, text] of renderDashboard()) {
    assertEquals(Deno.readTextFileSync(`${SERVICE}/${name}`), text);
    assertEquals(modeOf(`${SERVICE}/${name}`) & 0o111, 0o111);
  }
});

Deno.test("the committed dashboard is a longrun of the user bundle that waits for base", () => {
  assertEquals(Deno.readTextFileSync(`${SERVICE}/type`), "longrun\n");
  assert(Deno.lstatSync(`${SERVICE}/dependencies.d/base`).isFile);
  assert(Deno.lstatSync(`${SERVICE}/../user/contents.d/dashboard`).isFile);
  // s6-rc brings it up at boot whatever a down file says; 125 keeps it down.
  assert(!exists(`${SERVICE}/down`));
});

for (const value of ON) {
  Deno.test(`HERMES_DASHBOARD=${value} is on: run execs it as hermes, finish restarts it`, async () => {
    using temp = new TempDir();
    const env = { HERMES_DASHBOARD: value };
    assertEquals((await runScript(temp, "run", env)).code, 0);
    assertEquals(recorded(`${temp.path}/args`), arguments_("127.0.0.1", "9119"));
    assertEquals(recorded(`${temp.path}/setuidgid`), [
      ...["hermes", "hermes", ...arguments_("127.0.0.1", "9119")],
    ]);
    const { code } = await runScript(temp, "finish", env, { args: ["1", "0", "dashboard"] });
    assertEquals(code, 0);
  });
}

for (const value of [undefined, ...OFF]) {
  Deno.test(`HERMES_DASHBOARD ${JSON.stringify(value) ?? "unset"} is off: run exits 0, finish 125`, async () => {
    using temp = new TempDir();
    const env: Record<string, string> = value === undefined ? {} : { HERMES_DASHBOARD: value };
    const { code, stderr } = await runScript(temp, "run", env);
    assertEquals([code, stderr], [0, ""]);
    assert(!exists(`${temp.path}/args`));
    const finish = await runScript(temp, "finish", env, { args: ["0", "0", "dashboard"] });
    assertEquals(finish.code, 125);
  });
}

Deno.test("dashboard run execs hermes without the drop when it is not root", async () => {
  using temp = new TempDir();
  const { code } = await runScript(temp, "run", { HERMES_DASHBOARD: "1" }, { uid: 10000 });
  assertEquals(code, 0);
  assert(!exists(`${temp.path}/setuidgid`));
  assertEquals(recorded(`${temp.path}/args`), arguments_("127.0.0.1", "9119"));
});

Deno.test("dashboard run resets HOME to the Hermes home", async () => {
  using temp = new TempDir();
  const env = { HERMES_DASHBOARD: "1", HOME: "/root" };
  await runScript(temp, "run", { ...env, HERMES_HOME: "/some where" });
  assert(recorded(`${temp.path}/env`).includes("HOME=/some where"));
  await runScript(temp, "run", env);
  assert(recorded(`${temp.path}/env`).includes("HOME=/opt/data"));
});

Deno.test("dashboard run takes host and port, and the default for an empty one", async () => {
  using temp = new TempDir();
  const cases = [
    ["0.0.0.0", "1", "0.0.0.0", "1"],
    ["::1", "65535", "::1", "65535"],
    ["", "", "127.0.0.1", "9119"],
    ["a b; $(id)", "8080", "a b; $(id)", "8080"],
  ] as const;
  for (const [host, port, seenHost, seenPort] of cases) {
    const { code } = await runScript(temp, "run", {
      HERMES_DASHBOARD: "on",
      HERMES_DASHBOARD_HOST: host,
      HERMES_DASHBOARD_PORT: port,
    });
    assertEquals(code, 0);
    assertEquals(recorded(`${temp.path}/args`), arguments_(seenHost, seenPort));
  }
});

const noPorts = [
  ...["0", "65536", "abc", "-1", "+1", " ", "80 ", "0x50", "1e3", "80.0", "80\n", "$(id)"],
  ...["99999999999999999999", "18446744073709551617", "000000"],
];

for (const port of noPorts) {
  Deno.test(`dashboard run with port ${JSON.stringify(port)} says so and exits 78`, async () => {
    using temp = new TempDir();
    const { code, stderr } = await runScript(temp, "run", {
      HERMES_DASHBOARD: "1",
      HERMES_DASHBOARD_PORT: port,
    });
    assertEquals(code, 78);
    assertStringIncludes(stderr, "HERMES_DASHBOARD_PORT");
    assert(!exists(`${temp.path}/args`));
  });
}

Deno.test("dashboard run without hermes on PATH says so and exits 78", async () => {
  using temp = new TempDir();
  const path = temp.mkdir("empty");
  const { code, stderr } = await runScript(temp, "run", { HERMES_DASHBOARD: "1" }, { path });
  assertEquals(code, 78);
  assertStringIncludes(stderr, "no hermes on PATH");
});

Deno.test("HERMES_DASHBOARD_INSECURE does nothing but warn", async () => {
  using temp = new TempDir();
  const plain = await runScript(temp, "run", { HERMES_DASHBOARD: "1" });
  const args = recorded(`${temp.path}/args`);
  const insecure = await runScript(temp, "run", {
    HERMES_DASHBOARD: "1",
    HERMES_DASHBOARD_INSECURE: "1",
  });
  assertEquals([plain.code, plain.stderr], [0, ""]);
  assertEquals(insecure.code, 0);
  assertStringIncludes(insecure.stderr, "HERMES_DASHBOARD_INSECURE");
  assertEquals(recorded(`${temp.path}/args`), args);
});

Deno.test("HERMES_DASHBOARD_INSECURE does not warn, nor anything else, when the dashboard is off", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runScript(temp, "run", { HERMES_DASHBOARD_INSECURE: "1" });
  assertEquals([code, stderr], [0, ""]);
});

for (
  const [exit, signal, code] of [
    ...[["0", "0", 0], ["1", "0", 0], ["255", "0", 0], ["256", "9", 0], ["78", "0", 125]],
  ] as const
) {
  Deno.test(`dashboard finish after exit ${exit}, signal ${signal}, exits ${code} when it is on`, async () => {
    using temp = new TempDir();
    const args = [String(exit), String(signal), "dashboard"];
    const outcome = await runScript(temp, "finish", { HERMES_DASHBOARD: "1" }, { args });
    assertEquals(outcome.code, Number(code));
  });
}
