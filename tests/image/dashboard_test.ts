import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { recorded, recorder, REPO } from "../_fixtures.ts";
import { exists, TempDir } from "../_temp.ts";
import { Tree } from "../rootfs/_tree.ts";

const SERVICE = "etc/s6-overlay/s6-rc.d/dashboard";
const ON = ["1", "true", "TRUE", "tRuE", "yes", "YES", "on", "oN"];
const OFF = ["", "0", "2", "10", "false", "no", "off", "y", "t", "true ", " true", "onn"];

const VARIABLES = {
  HERMES_DASHBOARD: "",
  HERMES_DASHBOARD_HOST: "",
  HERMES_DASHBOARD_PORT: "",
  HERMES_DASHBOARD_INSECURE: "",
};

/** The pair, with a fake hermes that notes its arguments and its HOME. */
class Pair {
  readonly #tree: Tree;
  readonly #note: string;

  constructor(temp: TempDir) {
    this.#tree = new Tree(temp);
    this.#note = `${temp.path}/note`;
    this.#tree.fake("opt/real/hermes", `${recorder(this.#note)}echo "$HOME" >'${this.#note}.home'`);
    this.#tree.fake("bin/hermes", "echo not this one; exit 1");
    this.#tree.fake("bin/s6-permafailon", 'echo "$@"');
    this.#tree.fake("opt/hermes-boot/libexec/end-group", 'echo "end-group $*"');
  }

  /** Runs a script of the pair with these facts. */
  async run(name: "run" | "finish", facts: Record<string, string>, ...args: string[]) {
    this.#tree.facts({ hermes: `${this.#tree.path}/opt/real/hermes`, ...VARIABLES, ...facts });
    const outcome = await this.#tree.run(`${SERVICE}/${name}`, { args, env: { HOME: "/root" } });
    if (!exists(this.#note)) return { ...outcome, args: undefined, home: undefined };
    const home = Deno.readTextFileSync(`${this.#note}.home`).trim();
    const noted = recorded(this.#note);
    Deno.removeSync(this.#note);
    return { ...outcome, args: noted, home };
  }
}

const words = (host: string, port: string) => [
  ...["dashboard", "--host", host, "--port", port, "--no-open"],
];

Deno.test("the dashboard is a longrun that waits for base, and no down file keeps it off", () => {
  const dir = `${REPO}/rootfs/${SERVICE}`;
  assertEquals(Deno.readTextFileSync(`${dir}/type`), "longrun\n");
  assert(Deno.lstatSync(`${dir}/dependencies.d/base`).isFile);
  assert(!exists(`${dir}/down`));
});

Deno.test("dashboard run is hermes's dashboard where it is on, with the Hermes home for HOME", async () => {
  using temp = new TempDir();
  const pair = new Pair(temp);
  for (const value of ON) {
    const facts = { HERMES_DASHBOARD: value, home: "/some where" };
    const { code, stderr, args, home } = await pair.run("run", facts);
    assertEquals([code, stderr, home], [0, "", "/some where"], value);
    assertEquals(args, words("127.0.0.1", "9119"));
  }
});

Deno.test("dashboard run exits 0 and finish 125 where it is off or the container was refused", async () => {
  const off = OFF.map((value) => ({ HERMES_DASHBOARD: value, HERMES_DASHBOARD_INSECURE: "1" }));
  using temp = new TempDir();
  const pair = new Pair(temp);
  for (const facts of [...off, { HERMES_DASHBOARD: "1", refused: "no" }]) {
    const { code, stderr, args } = await pair.run("run", facts);
    assertEquals([code, stderr, args], [0, "", undefined], JSON.stringify(facts));
    assertEquals((await pair.run("finish", facts, "0", "0", "dashboard")).code, 125);
  }
});

Deno.test("dashboard run takes host and port, and the default for an empty one", async () => {
  using temp = new TempDir();
  const pair = new Pair(temp);
  for (
    const [host, port, seenHost, seenPort] of [
      ["0.0.0.0", "1", "0.0.0.0", "1"],
      ["::1", "65535", "::1", "65535"],
      ["", "", "127.0.0.1", "9119"],
      ["a b; $(id)", "8080", "a b; $(id)", "8080"],
    ] as const
  ) {
    const { args } = await pair.run("run", {
      ...{ HERMES_DASHBOARD: "on", HERMES_DASHBOARD_HOST: host, HERMES_DASHBOARD_PORT: port },
    });
    assertEquals(args, words(seenHost, seenPort));
  }
});

Deno.test("dashboard run says what is no port and exits 78", async () => {
  using temp = new TempDir();
  const pair = new Pair(temp);
  for (
    const port of [
      ...["0", "65536", "abc", "-1", "+1", " ", "80 ", "0x50", "1e3", "80.0", "$(id)", "000000"],
      ...["99999999999999999999", "18446744073709551617"],
    ]
  ) {
    const facts = { HERMES_DASHBOARD: "1", HERMES_DASHBOARD_PORT: port };
    const { code, stderr, args } = await pair.run("run", facts);
    assertEquals([code, args], [78, undefined], port);
    assertStringIncludes(stderr, "dashboard: error: HERMES_DASHBOARD_PORT: expected a port");
  }
});

Deno.test("dashboard run without hermes says so and exits 78", async () => {
  using temp = new TempDir();
  const pair = new Pair(temp);
  const { code, stderr } = await pair.run("run", { HERMES_DASHBOARD: "1", hermes: "" });
  assertEquals([code, stderr], [78, "dashboard: error: this image has no hermes on PATH\n"]);
});

Deno.test("HERMES_DASHBOARD_INSECURE does nothing but warn", async () => {
  using temp = new TempDir();
  const pair = new Pair(temp);
  const facts = { HERMES_DASHBOARD: "1", HERMES_DASHBOARD_INSECURE: "1" };
  const { code, stderr, args } = await pair.run("run", facts);
  assertEquals([code, args], [0, words("127.0.0.1", "9119")]);
  assertStringIncludes(stderr, "HERMES_DASHBOARD_INSECURE");
});

Deno.test("dashboard finish leaves it to s6-permafailon whatever it exits, but for 78", async () => {
  using temp = new TempDir();
  const pair = new Pair(temp);
  for (const exit of ["0", "1", "77", "128"]) {
    const { code, stdout } = await pair.run("finish", { HERMES_DASHBOARD: "1" }, exit, "0");
    assertEquals([code, stdout], [0, "120 10 1-255 true\n"], exit);
  }
  const { code, stdout } = await pair.run("finish", { HERMES_DASHBOARD: "1" }, "78", "0");
  assertEquals([code, stdout], [125, ""]);
});

Deno.test("dashboard finish ends what a dashboard that was killed has left, under a parent that stayed too", async () => {
  using temp = new TempDir();
  const pair = new Pair(temp);
  for (const exit of ["137", "143", "256"]) {
    const { code, stdout } = await pair.run("finish", { HERMES_DASHBOARD: "1" }, exit, "0");
    assertEquals([code, stdout], [0, "end-group leader 10\n120 10 1-255 true\n"], exit);
  }
});
