import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { bootContainer, Home, liveTest, SCANDIR, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const DIR = "/opt/data/logs/gateways/coder";

/** A container with a coder that is up and has logged that. */
async function scene(fn: (container: Container, home: Home) => Promise<void>): Promise<void> {
  await using home = await Home.make({ coder: RUNNING });
  await using container = await bootContainer(home);
  await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
  const log = `${home.path}/logs/gateways/coder/current`;
  await until("a log line", () => Deno.readTextFile(log).catch(() => ""));
  await fn(container, home);
}

liveTest(
  "gatewayctl logs shows the last lines with plain times, also of a stopped gateway",
  () =>
    scene(async (container) => {
      await ctlOk(container, ["stop", "coder"]);
      const said = await until("both lines", async () => {
        const stdout = await ctlOk(container, ["logs", "coder"]);
        return stdout.includes("stopped") && stdout;
      });
      assertMatch(
        said,
        /^2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d {2}gateway coder: up as hermes, pid \d+\n2\S+ \S+ {2}gateway coder: stopped\n$/,
      );
      const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`).join("\n");
      await container.sh(`echo "${lines}" >>${DIR}/current`);
      assertEquals(
        (await ctlOk(container, ["logs", "coder"])).trimEnd().split("\n").length,
        20,
      );
      assertEquals(await ctlOk(container, ["logs", "-n", "2", "coder"]), "line 48\nline 49\n");
      assertEquals((await ctl(container, ["logs", "nope"])).code, 3);
    }),
);

liveTest(
  "gatewayctl logs shows the caller's time where TZ says so",
  () =>
    scene(async (container) => {
      const hour = async (env: Record<string, string>) => {
        const stdout = await ctlOk(container, ["logs", "coder"], { env });
        return Number(/ (\d\d):/.exec(stdout)?.[1]);
      };
      const [system, tokyo, utc] = [
        await hour({}),
        await hour({ TZ: "Asia/Tokyo" }),
        await hour({ TZ: "UTC" }),
      ];
      assertEquals(tokyo, (utc + 9) % 24);
      assert(system >= 0);
    }),
);

liveTest("gatewayctl logs -f goes on across a rotation", () =>
  scene(async (container, home) => {
    const out = `${home.path}/followed`;
    await container.sh(
      "s6-setuidgid hermes timeout 20 /usr/local/bin/gatewayctl logs coder -f -n 1 >/opt/data/followed 2>&1 &",
    );
    const read = () => Deno.readTextFile(out).catch(() => "");
    await until("the last line", async () => (await read()).includes("up as hermes"));
    await container.sh(`echo first >>${DIR}/current`);
    // The follower is past its start, and asleep until its next look.
    await until("the first line", async () => (await read()).includes("first\n"), 30_000);
    await container.sh(`cd ${DIR}
n=0; while [ $n -lt 3 ]; do
  s6-svc -a ${SCANDIR}/gateway-coder/log
  before=$(ls | wc -l)
  i=0; while [ "$(ls | wc -l)" -eq "$before" ] && [ $i -lt 50 ]; do sleep 0.02; i=$((i + 1)); done
  echo "rotated $n" >>current
  n=$((n + 1))
done`);
    const text = await until("all lines", async () => {
      const text = await read();
      return text.includes("rotated 2") && text;
    });
    const lines = text.trimEnd().split("\n");
    assertMatch(lines[0] ?? "", /gateway coder: up as hermes/);
    assertEquals(lines.slice(1), ["first", "rotated 0", "rotated 1", "rotated 2"]);
    const files = [...Deno.readDirSync(`${home.path}/logs/gateways/coder`)];
    assert(files.some(({ name }) => name.startsWith("@")), "nothing was rotated");
  }));

liveTest("gatewayctl ends quietly when its reader goes away", () =>
  scene(async (container) => {
    const { stdout, stderr } = await container.sh(
      "for i in 1 2 3; do cat /usr/bin/env | head -c 200000 | od >>" + DIR + "/current; done;" +
        "/usr/local/bin/gatewayctl logs coder -n 30000 | head -n 1",
    );
    assertEquals(stdout.split("\n").length, 2);
    assert(!/^\s+at /m.test(stderr), stderr);
    assert(stderr.split("\n").length <= 2, stderr);
  }));
