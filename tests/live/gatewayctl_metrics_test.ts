import { assert, assertEquals, assertMatch } from "@std/assert";
import { logWord } from "../../lib/_quote.ts";
import { type Container, until } from "../container/container.ts";
import { metricsProblems, scrape } from "../_prometheus.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import {
  Home,
  liveTest,
  RUNNING,
  SCANDIR,
  startContainer,
  status,
  STOPPED,
  untilAllUp,
  untilParked,
  untilUp,
} from "./_live.ts";

const LAST_BOOT = ["hermes_gateway_last_boot_action", "hermes_boot_duration_seconds"];

/** The samples that a scraper reads from the metrics: by family, by profile. */
type Samples = Record<string, Record<string, string>>;

function read(text: string): Samples {
  assertEquals(metricsProblems(text), []);
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

/** Asserts that the metrics say of a gateway what s6-svstat says, before or after. */
async function assertLikeSvstat(container: Container, profile: string): Promise<void> {
  const before = await status(container, `gateway-${profile}`);
  const {
    hermes_gateway_up: up,
    hermes_gateway_wanted_up: wanted,
    hermes_gateway_start_time_seconds: start,
  } = read(await ctlOk(container, ["metrics"]));
  const after = await status(container, `gateway-${profile}`);
  assertEquals(up?.[profile], before.up ? "1" : "0");
  assertEquals(wanted?.[profile], before.wantedUp ? "1" : "0");
  assertEquals(start?.[profile] !== undefined, before.up);
  if (!before.up) return;
  const seconds = Date.now() / 1000 - Number(start?.[profile]);
  assert(before.seconds - 2 <= seconds && seconds <= after.seconds + 3, `${profile}: ${seconds} s`);
}

/** Names that no profile may have, so that the boot skips them. */
const SKIPPED = ["My Bot", 'a"b\\c{d="e"}', "new\nline", "\x1b[2J", "café"];

/** What may become of the boot's record, and what the warning says then. */
const BROKEN_RECORDS: readonly [script: (record: string) => string, why: RegExp][] = [
  [(record) => `rm ${record}`, /No such file or directory\n$/],
  [(record) => `mkfifo ${record}`, /not a regular file\n$/],
  [(record) => `rm ${record}; ln -s /etc/passwd ${record}`, /not a regular file\n$/],
  [
    (record) => `rm ${record}; echo '{"seconds":0.1,"actions":[["defa' >${record}`,
    /not JSON\n$/,
  ],
  [
    (record) => `echo '{"seconds":"x","actions":[["a\\u001b[2J","started"]]}' >${record}`,
    /no[a-z ]+record\n$/,
  ],
];

const STATE = "hermes_gateway_state";

liveTest("gatewayctl metrics has what s6 says and what the last boot did", async (_, test) => {
  await using home = await Home.make({
    ...Object.fromEntries(SKIPPED.map((name) => [name, RUNNING])),
    ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
  });
  await using container = await startContainer(home);
  const said = (await container.boot()).get("02-reconcile-profiles")?.stdout ?? "";

  await test.step("of the last boot also about a skipped profile", async () => {
    const text = await ctlOk(container, ["metrics"]);
    assertMatch(text, /^[ -~\n]+$/);
    const { [LAST_BOOT[0]!]: actions, [LAST_BOOT[1]!]: seconds, ...now } = read(text);
    delete now[STATE]; // which says why
    assertEquals(actions, {
      ...Object.fromEntries(SKIPPED.map((name) => [logWord(name), "skipped"])),
      ...{ default: "started", coder: "started", writer: "registered" },
    });
    for (const [profile, action] of Object.entries(actions ?? {})) {
      const line = said.split("\n").find((line) => line.includes(`reconcile: profile=${profile} `));
      assertMatch(line ?? "", new RegExp(` action=${action}\\b`));
    }
    const [, ms] = / in (\d+) ms$/m.exec(said) ?? [];
    const value = seconds?.[""];
    assert(Number(value) > 0 && Number(value) * 1000 <= Number(ms) + 1, `${value} s, ${ms} ms`);
    // Nothing but the last boot is known of what has no slot.
    for (const values of Object.values(now)) {
      assertEquals(Object.keys(values).filter((profile) => profile.startsWith('"')), []);
    }
  });

  await test.step("of s6 what s6-svstat says", async () => {
    await untilAllUp(container, "default", "coder");
    await untilParked(container, "gateway-writer");
    for (const name of ["default", "coder", "writer"]) await assertLikeSvstat(container, name);
    await ctlOk(container, ["stop", "coder"]);
    await assertLikeSvstat(container, "coder");
  });

  await test.step("without the boot's record the rest, with a warning", async () => {
    for (const [script, why] of BROKEN_RECORDS) {
      const broken = script(`${SCANDIR}/.hermes/last-boot.json`);
      assertEquals((await container.sh(broken, { user: "hermes" })).code, 0);
      const { code, stdout, stderr } = await ctl(container, ["metrics"]);
      assertEquals(code, 0);
      assertMatch(stderr, /^gatewayctl: warning: nothing is known of the last boot: [ -~]+\n$/);
      assertMatch(stderr, why);
      const found = read(stdout);
      assertEquals(LAST_BOOT.filter((name) => name in found), []);
      assertEquals(found["hermes_gateway_up"], { default: "1", coder: "0", writer: "0" });
    }
  });

  await test.step("of a slot that nothing supervises only that it is not up", async () => {
    const copy = `cp -a ${SCANDIR}/gateway-default ${SCANDIR}/.hermes/ghost &&` +
      ` rm -r ${SCANDIR}/.hermes/ghost/supervise &&` +
      ` mv ${SCANDIR}/.hermes/ghost ${SCANDIR}/gateway-ghost`;
    assertEquals((await container.sh(copy, { user: "hermes" })).code, 0);
    const found = read((await ctl(container, ["metrics"])).stdout);
    assertEquals(found["hermes_gateway_up"]?.["ghost"], "0");
    const known = Object.entries(found).filter(([, values]) => "ghost" in values);
    assertEquals(known.map(([name]) => name), [
      "hermes_gateway_up",
      STATE,
      "hermes_gateway_restarts_total",
    ]);
  });
});

liveTest(
  "hermes_gateway_restarts_total counts over the container's life, and outlives the slot",
  async (boot) => {
    const { container } = await boot({
      default: RUNNING,
      coder: RUNNING,
      loop: { ...RUNNING, stub: "exit 1" },
    });
    const restarts = async () =>
      read(await ctlOk(container, ["metrics"]))["hermes_gateway_restarts_total"] ?? {};
    const pid = await untilUp(container, "coder");
    await untilAllUp(container, "default");
    assertEquals((await restarts())["coder"], "0");
    await container.sh(`kill -s KILL ${pid}`);
    await untilUp(container, "coder", pid);
    assertEquals((await restarts())["coder"], "1");

    // Ended as it was told to.
    await ctlOk(container, ["stop", "coder"]);
    await ctlOk(container, ["start", "coder"]);
    assertEquals((await restarts())["coder"], "1");
    await ctlOk(container, ["restart", "coder"]);
    assertEquals((await restarts())["coder"], "2");

    await ctlOk(container, ["unregister", "coder"]);
    assertEquals((await restarts())["coder"], undefined);
    await ctlOk(container, ["register", "coder"]);
    assertEquals((await restarts())["coder"], "2");

    // Ten deaths, and after the tenth it is not started again; s6's own tally begins anew, this does not.
    await untilParked(container, "gateway-loop");
    assertEquals((await restarts())["loop"], "9");
    await ctl(container, ["start", "loop", "--no-wait"]);
    await until("one more restart", async () => Number((await restarts())["loop"]) > 9, 20_000);
    assertEquals((await restarts())["default"], "0");
    const { stdout } = await container.sh(
      `stat -c '%U %a' ${SCANDIR}/.hermes/restarts-gateway-loop`,
    );
    assertEquals(stdout, "hermes 644\n");
  },
);
