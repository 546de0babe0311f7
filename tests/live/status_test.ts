import { assert, assertEquals, assertMatch } from "@std/assert";
import { jsonProblems } from "../_json_output.ts";
import { metricsProblems, openMetricsProblems, scrape } from "../_prometheus.ts";
import { until } from "../container/container.ts";
import { ctl, ctlJson } from "./_gatewayctl.ts";
import { liveTest, RUNNING, STOPPED, untilAllUp, untilParked } from "./_live.ts";
import { ask, bootStatus } from "./_status.ts";

/** What is not legal for a profile, and must not be markup, a line or a header anywhere. */
const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  '"><script>',
  "new\nline",
  "&amp;",
  "café",
  "%2e%2e",
];

/** What changes from one look to the next. */
const FLEETING = ["seconds", "cpuSeconds", "cpuPercent", "rssBytes", "lastLog"];

function lasting(rows: readonly Record<string, unknown>[]): unknown[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !FLEETING.includes(name)))
  );
}

liveTest("status says over HTTP what gatewayctl says", async (boot, test) => {
  const { container, url } = await bootStatus(boot, {
    ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
    ...{ broken: { ...RUNNING, stub: "exit 78" } },
    ...Object.fromEntries(HOSTILE.map((name) => [name, RUNNING])),
  });
  await untilAllUp(container, "default", "coder");
  await untilParked(container, "gateway-broken");

  await test.step("/livez and /readyz as health --live and --ready", async () => {
    assertEquals(await ask(`${url}/livez`), [200, "live\n"]);
    assertEquals(await ask(`${url}/readyz`), [200, "ready\n"]);
  });

  await test.step("/api/v1/gateways as list --json, hostile names too", async () => {
    const [status, body] = await ask(`${url}/api/v1/gateways`);
    assertEquals(status, 200);
    assertEquals(jsonProblems("list", JSON.parse(body)), []);
    assertEquals(lasting(JSON.parse(body).gateways), lasting(await ctlJson(container, ["list"])));
    const names = JSON.parse(body).gateways.map(({ profile }: { profile: string }) => profile);
    assertEquals(names.filter((name: string) => HOSTILE.includes(name)).sort(), HOSTILE.toSorted());
  });

  await test.step("/api/v1/gateways/NAME as why NAME --json, without the log", async () => {
    for (const profile of ["coder", "broken", ...HOSTILE]) {
      const [status, body] = await ask(`${url}/api/v1/gateways/${encodeURIComponent(profile)}`);
      assertEquals(status, 200, profile);
      const found = JSON.parse(body);
      assertEquals(jsonProblems("why", { problems: [], ...found }), []);
      const [said] = await ctlJson(container, ["why", profile]);
      assertEquals(found.gateways, [{ ...said, logLines: [] }]);
      assert(!body.includes("up as hermes"));
    }
    const [status, body] = await ask(`${url}/api/v1/gateways/nobody`);
    assertEquals([status, JSON.parse(body)], [404, {
      version: 1,
      error: "nobody: no such profile",
    }]);
  });

  await test.step("/metrics as metrics, in both formats", async () => {
    const [, text] = await ask(`${url}/metrics`);
    assertEquals(metricsProblems(text), []);
    const { stdout } = await ctl(container, ["metrics"]);
    const samples = (text: string) => [...text.matchAll(/^(\w+\{.*\}) /gm)].map(([, one]) => one);
    assertEquals(samples(text), samples(stdout));
    assertEquals(scrape(text).get("hermes_gateway_state")?.metrics.length, 4 + HOSTILE.length);
    const open = await fetch(`${url}/metrics`, {
      headers: { accept: "application/openmetrics-text" },
    });
    assertMatch(
      open.headers.get("content-type") ?? "",
      /^application\/openmetrics-text; version=1/,
    );
    assertEquals(openMetricsProblems(await open.text()), []);
  });

  await test.step("no path outside of the home", async () => {
    const link =
      "mkdir /tmp/there && touch /tmp/there/SOUL.md && ln -s /tmp/there /opt/data/profiles/away";
    assertEquals((await container.sh(link, { user: "hermes" })).code, 0);
    const [, row] = await until("the symlink is there", async () => {
      const found = await ask(`${url}/api/v1/gateways/away`);
      return found[0] === 200 && found;
    });
    assertMatch(row, /is a symlink to a place outside the home,/);
    const [, list] = await ask(`${url}/api/v1/gateways`);
    assertMatch(list, /is a symlink to a place outside the home,/);
    assert(!`${row}${list}`.includes("/tmp"));
  });
});
