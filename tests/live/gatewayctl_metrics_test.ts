import { assert, assertEquals, assertMatch } from "@std/assert";
import { logWord } from "../../lib/_quote.ts";
import type { Container, ExecResult } from "../container/container.ts";
import { scrape } from "../_prometheus.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import {
  bootContainer,
  Home,
  liveTest,
  SCANDIR,
  startContainer,
  status,
  untilStatus,
} from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const STOPPED = { state: { desired_state: "stopped" } };
const LAST_BOOT = ["hermes_gateway_last_boot_action", "hermes_gateway_last_boot_seconds"];

/** The samples that a scraper reads from the metrics: by family, by profile. */
type Samples = Record<string, Record<string, string>>;

function read(text: string): Samples {
  assert(text.endsWith("\n"));
  return Object.fromEntries(
    [...scrape(text)].map(([name, { metrics }]) => {
      const pairs = metrics.map(({ value, labels = {} }) =>
        [labels["profile"] ?? "", labels["action"] ?? value] as const
      );
      assertEquals(new Set(pairs.map(([profile]) => profile)).size, pairs.length);
      return [name, Object.fromEntries(pairs)];
    }),
  );
}

async function samples(container: Container): Promise<Samples> {
  return read(await ctlOk(container, ["metrics"]));
}

/** Asserts that the metrics say of a gateway what s6-svstat says, before or after. */
async function assertLikeSvstat(container: Container, profile: string): Promise<void> {
  const before = await status(container, `gateway-${profile}`);
  const {
    hermes_gateway_up: up,
    hermes_gateway_wanted_up: wanted,
    hermes_gateway_since_change_seconds: since,
  } = await samples(container);
  const after = await status(container, `gateway-${profile}`);
  assertEquals(up?.[profile], before.up ? "1" : "0");
  assertEquals(wanted?.[profile], before.wantedUp ? "1" : "0");
  const seconds = Number(since?.[profile]);
  assert(before.seconds <= seconds && seconds <= after.seconds, `${profile}: ${seconds} s`);
}

liveTest("gatewayctl metrics says what s6-svstat says", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING, writer: STOPPED });
  await using container = await bootContainer(home);
  for (const name of ["default", "coder"]) {
    await untilStatus(container, `gateway-${name}`, "up", ({ up }) => up);
  }
  await untilStatus(container, "gateway-writer", "down", ({ up }) => !up);
  for (const name of ["default", "coder", "writer"]) await assertLikeSvstat(container, name);
  await ctlOk(container, ["stop", "coder"]);
  await assertLikeSvstat(container, "coder");
});

liveTest("gatewayctl metrics counts the deaths of a gateway that is killed", async () => {
  await using home = await Home.make({ default: STOPPED, coder: RUNNING });
  await using container = await bootContainer(home);
  const deaths = async () => (await samples(container))["hermes_gateway_deaths"]?.["coder"];
  let { pid } = await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
  assertEquals(await deaths(), "0");
  for (const count of [1, 2]) {
    await container.sh(`kill -9 ${pid}`);
    const back = await untilStatus(
      container,
      "gateway-coder",
      "back",
      (now) => now.up && now.pid !== pid,
      30_000,
    );
    pid = back.pid;
    const { stdout } = await container.exec(["s6-svdt", `${SCANDIR}/gateway-coder`]);
    assertEquals(stdout.trimEnd().split("\n").length, count);
    assertEquals(await deaths(), String(count));
  }
  await ctlOk(container, ["restart", "coder"]);
  assertEquals(await deaths(), "0");
});

liveTest(
  "gatewayctl metrics has what the last boot did, also about a skipped profile",
  async () => {
    const names = ["My Bot", 'a"b\\c{d="e"}', "new\nline", "\x1b[2J", "café"];
    await using home = await Home.make({
      ...Object.fromEntries(names.map((name) => [name, RUNNING])),
      ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
    });
    await using container = await startContainer(home);
    const hooks: ReadonlyMap<string, ExecResult> = await container.boot();
    const said = hooks.get("02-reconcile-profiles")?.stdout ?? "";
    const { stdout: text, code, stderr } = await ctl(container, ["metrics"]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(text, /^[ -~\n]+$/);
    const { [LAST_BOOT[0]!]: actions, [LAST_BOOT[1]!]: seconds, ...now } = read(text);
    assertEquals(actions, {
      ...Object.fromEntries(names.map((name) => [logWord(name), "skipped"])),
      ...{ default: "started", coder: "started", writer: "registered" },
    });
    for (const [profile, action] of Object.entries(actions ?? {})) {
      assert(said.includes(`reconcile: profile=${profile} `), `${profile} in ${said}`);
      assertMatch(
        said.split("\n").find((line) => line.includes(`profile=${profile} `)) ?? "",
        new RegExp(` action=${action}\\b`),
      );
    }
    const [, ms] = / in (\d+) ms$/m.exec(said) ?? [];
    assertEquals(Object.keys(seconds ?? {}).sort(), Object.keys(actions ?? {}).sort());
    for (const value of Object.values(seconds ?? {})) {
      assert(Number(value) > 0 && Number(value) * 1000 <= Number(ms) + 1, `${value} s, ${ms} ms`);
    }
    // Nothing but the last boot is known of what has no slot.
    for (const values of Object.values(now)) {
      assertEquals(Object.keys(values).filter((profile) => profile.startsWith('"')), []);
    }
  },
);

liveTest("gatewayctl metrics does without the boot's record, with a warning", async () => {
  await using home = await Home.make({ default: RUNNING, coder: STOPPED });
  await using container = await bootContainer(home);
  await untilStatus(container, "gateway-default", "up", ({ up }) => up);
  const record = `${SCANDIR}/.hermes/last-boot.json`;
  const broken: [script: string, why: RegExp][] = [
    [`rm ${record}`, /No such file or directory\n$/],
    [`mkfifo ${record}`, /not a regular file\n$/],
    [`rm ${record}; ln -s /etc/passwd ${record}`, /not a regular file\n$/],
    [`rm ${record}; echo '{"seconds":0.1,"actions":[["defa' >${record}`, /not JSON\n$/],
    [
      `echo '{"seconds":"x","actions":[["a\\u001b[2J","started"]]}' >${record}`,
      /no[a-z ]+record\n$/,
    ],
  ];
  for (const [script, why] of broken) {
    assertEquals((await container.sh(script, { user: "hermes" })).code, 0);
    const { code, stdout, stderr } = await ctl(container, ["metrics"]);
    assertEquals(code, 0);
    assertMatch(stderr, /^gatewayctl: warning: nothing is known of the last boot: [ -~]+\n$/);
    assertMatch(stderr, why);
    const found = read(stdout);
    assertEquals(LAST_BOOT.filter((name) => name in found), []);
    assertEquals(found["hermes_gateway_up"], { default: "1", coder: "0" });
  }
});

liveTest(
  "gatewayctl metrics has no more than that it is not up of a slot nothing supervises",
  async () => {
    await using home = await Home.make({ default: RUNNING });
    await using container = await bootContainer(home);
    await untilStatus(container, "gateway-default", "up", ({ up }) => up);
    const copy = `cp -a ${SCANDIR}/gateway-default ${SCANDIR}/.hermes/ghost &&` +
      ` rm -r ${SCANDIR}/.hermes/ghost/supervise &&` +
      ` mv ${SCANDIR}/.hermes/ghost ${SCANDIR}/gateway-ghost`;
    assertEquals((await container.sh(copy, { user: "hermes" })).code, 0);
    const found = await samples(container);
    assertEquals(found["hermes_gateway_up"], { default: "1", ghost: "0" });
    const known = Object.entries(found).filter(([, values]) => "ghost" in values);
    assertEquals(known.map(([name]) => name), ["hermes_gateway_up"]);
  },
);
