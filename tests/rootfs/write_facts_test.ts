import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { parseFacts, readFacts } from "../../lib/rules/facts.ts";
import { factsText } from "../_facts.ts";
import { modeOf, TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const FILES = ["self.sh", "home.sh", "want-ids.sh", "command.sh", "write-facts.sh"];
const ROOT = "uid=0 caps=$((0x1ffffffffff))\n";
const GATHER = 'find_home; find_mode; find_svscan /dev/null /none; find_hermes "$1"; find_role\n';
const PASSWD = "root:x:0:0::/:/bin/sh\nhermes:x:10000:10001::/opt/data:/bin/sh\n";

/** Settles the facts of a container with this environment, and returns what is written. */
async function settle(
  temp: TempDir,
  env: Record<string, string>,
  { as = ROOT, passwd = PASSWD } = {},
): Promise<Map<string, string>> {
  const tree = new Tree(temp);
  const { code, stderr } = await tree.source(
    FILES,
    `${as}${GATHER}write_facts "$2"`,
    { env, args: [temp.write("passwd", passwd), temp.path] },
  );
  assertEquals([code, stderr], [0, ""]);
  return parseFacts(Deno.readTextFileSync(`${temp.path}/facts`));
}

Deno.test("write-facts writes what a container without any settings is like", async () => {
  using temp = new TempDir();
  const facts = await settle(temp, {});
  const kernel = Deno.readTextFileSync("/proc/sys/kernel/hostname").trimEnd();
  assertEquals(Object.fromEntries(facts), {
    home: "/opt/data",
    scandir: "/run/service",
    mode: "shared",
    why: "the default",
    svscan_max: "-c 500",
    lacks: "",
    hermes_uid: "10000",
    hermes_gid: "10001",
    hermes: "",
    hermes_version: "",
    role: "other",
    slots_run_as: "root",
    HOSTNAME: kernel,
    cluster_api: "",
    HERMES_GATEWAY_PROFILES: "",
    HERMES_GATEWAY_SHARD: "",
    HERMES_GATEWAY_TOPOLOGY: "",
    GATEWAY_MULTIPLEX_PROFILES: "",
    HERMES_GATEWAY_BOOTSTRAP_STATE: "",
    HERMES_RESTART_DRAIN_TIMEOUT: "",
    HERMES_GATEWAY_LOG_FILES: "10",
    HERMES_GATEWAY_LOG_BYTES: "1000000",
    HERMES_START_PARALLEL: "",
    HERMES_GATEWAY_MEMORY_MAX: "",
    HERMES_GATEWAY_NICE: "",
    HERMES_PROFILE_WATCH: "",
    HERMES_DASHBOARD: "",
    HERMES_DASHBOARD_HOST: "",
    HERMES_DASHBOARD_PORT: "",
    HERMES_DASHBOARD_INSECURE: "",
    HERMES_STATUS: "",
    HERMES_STATUS_HOST: "",
    HERMES_STATUS_PORT: "",
    HERMES_STATUS_TOKEN_FILE: "",
    HERMES_STATUS_ALLOWED_HOSTS: "",
    refused: "",
  });
  assertEquals((Deno.statSync(`${temp.path}/facts`).mode ?? 0) & 0o777, 0o644);
});

Deno.test("write-facts decides the mode by what is asked for and by what root may", async () => {
  const lacking = (bits: number) => `uid=0 caps=$((0x1ffffffffff & ~${bits}))\n`;
  for (
    const [env, as, expected] of [
      [{ HERMES_SUPERVISION: "isolated" }, ROOT, ["isolated", "HERMES_SUPERVISION", ""]],
      [{ HERMES_SUPERVISION: "shared" }, ROOT, ["shared", "HERMES_SUPERVISION", ""]],
      [{}, lacking(2), ["isolated", "root lacks CAP_DAC_OVERRIDE", "CAP_DAC_OVERRIDE"]],
      [{}, lacking(32), ["isolated", "root lacks CAP_KILL", "CAP_KILL"]],
      [{}, lacking(1), ["isolated", "root lacks CAP_CHOWN", "CAP_CHOWN"]],
      [{ HERMES_SUPERVISION: "shared" }, lacking(34), [
        ...["shared", "HERMES_SUPERVISION", "CAP_DAC_OVERRIDE and CAP_KILL"],
      ]],
      [{}, "uid=10000 caps=0\n", ["shared", "the default", ""]],
    ] as [Record<string, string>, string, string[]][]
  ) {
    using temp = new TempDir();
    const facts = await settle(temp, env, { as });
    assertEquals(["mode", "why", "lacks"].map((name) => facts.get(name)), expected);
    const root = as !== "uid=10000 caps=0\n" && expected[0] === "shared";
    assertEquals(facts.get("slots_run_as"), root ? "root" : "hermes");
    const scandir = expected[0] === "shared" ? "/run/service" : "/run/hermes/service";
    assertEquals(facts.get("scandir"), scandir);
  }
});

Deno.test("write-facts refuses what cannot be, with the variable and nothing else in the file", async () => {
  for (
    const [env, reason, as] of [
      [{ HERMES_SUPERVISION: "both" }, /^HERMES_SUPERVISION: expected shared or isolated$/],
      [{ HERMES_HOME: "data" }, /^HERMES_HOME: expected an absolute path/],
      [{ HERMES_HOME: "/a,b" }, /^HERMES_HOME: expected an absolute path without a comma/],
      [{ HERMES_HOME: "/a\nb" }, /^HERMES_HOME: expected .* or a newline$/],
      [{ HERMES_HOME: "//" }, /^HERMES_HOME: expected a directory of its own, got \/$/],
      [{ S6_PROFILE_GATEWAY_SCANDIR: "x" }, /^S6_PROFILE_GATEWAY_SCANDIR: expected an absolute/],
      [{ HERMES_GATEWAY_SHARD: "1/2\nrefused=''" }, /^HERMES_GATEWAY_SHARD: expected one line$/],
    ] as [Record<string, string>, RegExp, string?][]
  ) {
    using temp = new TempDir();
    const facts = await settle(temp, env, { as: as ?? ROOT });
    assertEquals([...facts.keys()], ["refused"]);
    assertMatch(facts.get("refused") ?? "", reason);
  }
  using temp = new TempDir();
  const facts = await settle(temp, {}, { passwd: "root:x:0:0::/:/bin/sh\n" });
  assertEquals(facts.get("refused"), "no user hermes in /etc/passwd");
});

Deno.test("write-facts takes the numbers for a gateway's log that s6-log takes, and refuses others by name", async () => {
  const most = { FILES: "from 0 to 10000", BYTES: "from 4096 to 268435455" };
  for (
    const [which, value, right] of [
      ...["0", "10000"].map((value) => ["FILES", value, true] as const),
      ...["-1", "01", "1e3", "10001", "9999999999", "ten", "1 "].map((value) =>
        ["FILES", value, false] as const
      ),
      ...["4096", "268435455"].map((value) => ["BYTES", value, true] as const),
      ...["0", "4095", "268435456", "1M"].map((value) => ["BYTES", value, false] as const),
    ]
  ) {
    using temp = new TempDir();
    const name = `HERMES_GATEWAY_LOG_${which}`;
    const facts = await settle(temp, { [name]: value });
    const refused = right ? "" : `${name}: expected a number ${most[which]}`;
    assertEquals([facts.get(name), facts.get("refused")], [right ? value : undefined, refused]);
  }
});

Deno.test("write-facts knows the container by the name in its environment", async () => {
  using temp = new TempDir();
  assertEquals((await settle(temp, { HOSTNAME: "hermes-1" })).get("HOSTNAME"), "hermes-1");
});

Deno.test("write-facts tells another --user what to do instead, and nothing that would be refused", async () => {
  for (
    const [uid, gid, words] of [
      [1234, 4321, "HERMES_UID=1234 and HERMES_GID=4321"],
      [1234, 0, "HERMES_UID=1234 and HERMES_GID"],
      [65534, 65534, "HERMES_UID=65534 and HERMES_GID=65534"],
      [1000650000, 0, "HERMES_UID and HERMES_GID"],
      [65535, 65535, "HERMES_UID and HERMES_GID"],
    ]
  ) {
    using temp = new TempDir();
    const facts = await settle(temp, {}, { as: `uid=${uid}\nid() { echo ${gid}; }\n` });
    assertEquals(
      facts.get("refused"),
      `the container runs as UID ${uid}, neither root nor hermes (10000), and nothing is started: ` +
        `drop --user (runAsUser) and set ${words} (or PUID and PGID) instead`,
    );
  }
});

Deno.test("write-facts refuses IDs that 01 could not give hermes, and says what to do", async () => {
  const readOnly = (ids: string) =>
    `hermes is 10000:10001 and not ${ids}, /etc cannot be written to (a read-only root?): build ` +
    "the image with these IDs, or mount a passwd and a group that have them";
  for (
    const [env, as, reason] of [
      [{ PUID: "99", PGID: "100" }, ROOT, readOnly("99:100")],
      [{ HERMES_UID: "99" }, ROOT, readOnly("99:10001")],
      [{ HERMES_GID: "100", PGID: "7" }, ROOT, readOnly("10000:100")],
      [{ PUID: "10000", PGID: "10001" }, ROOT, ""],
      [{ PUID: "0", HERMES_GID: "none" }, ROOT, ""],
      [
        { PUID: "99" },
        "uid=10000 caps=0\n",
        "PUID and PGID need a container that starts as root: start it without --user (runAsUser)",
      ],
    ] as [Record<string, string>, string, string][]
  ) {
    using temp = new TempDir();
    const facts = await settle(temp, env, { as });
    assertEquals(facts.get("refused"), reason, JSON.stringify(env));
    assertEquals(facts.size === 1, reason !== "");
  }
});

Deno.test("write-facts takes trailing slashes from its paths, and the last line of passwd without its newline", async () => {
  using temp = new TempDir();
  const env = { HERMES_HOME: "/data/.hermes//", S6_PROFILE_GATEWAY_SCANDIR: "/run/x/" };
  const facts = await settle(temp, env, { passwd: PASSWD.trimEnd() });
  const found = ["home", "scandir", "hermes_gid"].map((name) => facts.get(name));
  assertEquals(found, ["/data/.hermes", "/run/x", "10001"]);
});

Deno.test("write-facts finds the program hermes, and neither the shim nor something of another kind by that name", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const find = 'find_hermes "$1"; echo "$hermes"';
  const args = [temp.write("passwd", PASSWD)];
  assertEquals(
    (await tree.source(FILES, `hermes() { :; }; ${ROOT}${find}`, { args })).stdout,
    "\n",
  );
  const shim = `${tree.path}/opt/hermes-boot/bin`;
  const shimmed = `PATH=relative:${shim}:${shim}/../bin/:$PATH\n`;
  assertEquals((await tree.source(FILES, ROOT + shimmed + find, { args })).stdout, "\n");
  tree.fake("bin/hermes", "");
  const { stdout } = await tree.source(FILES, ROOT + shimmed + find, { args });
  assertEquals(stdout, `${tree.path}/bin/hermes\n`);
});

Deno.test("write-facts knows the version of hermes that the image's build has asked for", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  Deno.writeTextFileSync(`${tree.path}/opt/hermes-boot/hermes-version`, "0.21.4\n");
  const find = `${ROOT}find_hermes "$1"; echo "$hermes_version"`;
  const { stdout } = await tree.source(FILES, find, { args: [temp.write("passwd", PASSWD)] });
  assertEquals(stdout, "0.21.4\n");
});

// No NUL and no newline; everything else may be in a variable.
const text = fc.string({ unit: "binary" }).filter((one) => !/[\0\n]/.test(one))
  .filter((one) => one.isWellFormed());

Deno.test("what sh writes, sh and readFacts() read back, whatever the values are", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const property = fc.asyncProperty(
    fc.array(fc.oneof(text, fc.constantFrom("'", "''", "\\", "'\\''", "$(id)", "\r")), {
      minLength: 3,
      maxLength: 3,
    }),
    async ([a = "", b = "", c = ""]) => {
      const values = { home: `/${a}`, scandir: `/${b}`, EXTRA: c };
      const put = Object.keys(values).map((name) => `put ${name} "$${name}"`).join("; ");
      const written = await tree.source(FILES, `{ ${put}; } >"$1"; . "$1"; printf %s "$EXTRA"`, {
        env: values,
        args: [`${temp.path}/facts`],
      });
      assertEquals([written.code, written.stdout], [0, c]);
      const facts = Deno.readTextFileSync(`${temp.path}/facts`);
      Deno.writeTextFileSync(`${temp.path}/whole`, factsText({}) + facts);
      const read = readFacts(`${temp.path}/whole`);
      assertEquals([read.home, read.scandir, read.env("EXTRA")], [`/${a}`, `/${b}`, c]);
      assertEquals(facts, factsText(values).split("\n").slice(1, 4).join("\n") + "\n");
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

Deno.test("close_run leaves nothing of an earlier life in /run/hermes-boot, and follows no symlink", async () => {
  const lines = 'uid=1; close_run && [ -d "$facts_dir" ] && [ ! -L "$facts_dir" ]';
  for (
    const plant of [
      "",
      "mkdir -p run/hermes-boot; : >run/hermes-boot/facts; ln -s /etc/passwd run/hermes-boot/facts.new",
      "mkdir -p run elsewhere; : >elsewhere/facts; ln -s ../elsewhere run/hermes-boot",
      "mkdir run; : >run/hermes-boot",
      "mkdir run; mkfifo run/hermes-boot",
    ]
  ) {
    using temp = new TempDir();
    const tree = new Tree(temp);
    const make = `cd ${tree.path} && rm -rf run && { ${plant || ":"}; } && mkdir -p run\n`;
    const { code, stderr } = await tree.source(FILES, make + lines);
    assertEquals([code, stderr], [0, ""], plant);
    assertEquals([...Deno.readDirSync(`${tree.path}/run/hermes-boot`)], []);
    if (plant.includes("elsewhere")) assert(Deno.lstatSync(`${tree.path}/elsewhere/facts`).isFile);
  }
});

Deno.test("write_drops writes programs by which root becomes hermes, with all of its groups", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const group =
    "hermes:x:10001:\ndocker:x:998:me,hermes\nnone:x::hermes\nx:x:7:hermes2,her\ny:x:9:hermes";
  const args = [temp.write("passwd", PASSWD), temp.write("group", group), temp.path];
  const script = `${ROOT}find_hermes "$1" "$2"; write_drops "$3"`;
  const { code, stderr } = await tree.source(FILES, script, { args });
  assertEquals([code, stderr], [0, ""]);
  const command = `${tree.path}/command`;
  const ids = "-u 10000 -g 10001 -G 10001,998,9";
  const head = `#!${command}/execlineb -S0\n${command}/s6-applyuidgid ${ids}\n`;
  assertEquals(Deno.readTextFileSync(`${temp.path}/drop`), `${head}$@\n`);
  assertEquals(
    Deno.readTextFileSync(`${temp.path}/drop-contenv`),
    `${head}${command}/s6-envdir -ILf -- /run/s6/container_environment\n$@\n`,
  );
  for (const name of ["drop", "drop-contenv"]) {
    assertEquals(modeOf(`${temp.path}/${name}`), 0o755);
  }
});
