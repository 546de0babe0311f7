import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR } from "./_live.ts";

const LOGS = "/opt/data/logs/gateways";

liveTest("gatewayctl logs shows the last lines, and -f what comes then", async (boot, test) => {
  const { container, home } = await boot({ coder: RUNNING, writer: RUNNING });
  await home.untilLogged("coder", "writer");

  await test.step("in the caller's time, where TZ says so", async () => {
    const hour = async (env: Record<string, string>) => {
      const stdout = await ctlOk(container, ["logs", "coder"], { env });
      return Number(/ (\d\d):/.exec(stdout)?.[1]);
    };
    const utc = await hour({ TZ: "UTC" });
    assertEquals(await hour({ TZ: "Asia/Tokyo" }), (utc + 9) % 24);
    assert(await hour({}) >= 0);
  });

  await test.step("with plain times, also of a stopped gateway, as many as asked for", async () => {
    await home.untilMinding("coder");
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
    await container.sh(`echo "${lines}" >>${LOGS}/coder/current`);
    const shown = await ctlOk(container, ["logs", "coder"]);
    assertEquals(shown.trimEnd().split("\n").length, 20);
    assertEquals(await ctlOk(container, ["logs", "-n", "2", "coder"]), "line 48\nline 49\n");
    assertEquals((await ctl(container, ["logs", "nope"])).code, 3);
  });

  await test.step("with -f across a rotation", async () => {
    await container.sh(
      "s6-setuidgid hermes timeout 20 /usr/local/bin/gatewayctl logs writer -f -n 1 >/opt/data/followed 2>&1 &",
    );
    const read = () => Deno.readTextFile(`${home.path}/followed`).catch(() => "");
    await until("the last line", async () => (await read()).includes("up as hermes"));
    await container.sh(`echo first >>${LOGS}/writer/current`);
    // The follower is past its start, and asleep until its next look.
    await until("the first line", async () => (await read()).includes("first\n"), 30_000);
    await container.sh(`cd ${LOGS}/writer
n=0; while [ $n -lt 3 ]; do
  s6-svc -a ${SCANDIR}/gateway-writer/log
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
    assertMatch(lines[0] ?? "", /gateway writer: up as hermes/);
    assertEquals(lines.slice(1), ["first", "rotated 0", "rotated 1", "rotated 2"]);
    const files = [...Deno.readDirSync(`${home.path}/logs/gateways/writer`)];
    assert(files.some(({ name }) => name.startsWith("@")), "nothing was rotated");
  });

  await test.step("and ends quietly when its reader goes away", async () => {
    const { stdout, stderr } = await container.sh(
      `for i in 1 2 3; do head -c 200000 /usr/bin/env | od >>${LOGS}/coder/current; done;` +
        "/usr/local/bin/gatewayctl logs coder -n 30000 | head -n 1",
    );
    assertEquals(stdout.split("\n").length, 2);
    assert(!/^\s+at /m.test(stderr), stderr);
    assert(stderr.split("\n").length <= 2, stderr);
  });
});
