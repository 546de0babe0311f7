/// <reference lib="dom" />
import { assertEquals, assertLess } from "@std/assert";
import { REPO } from "../_fixtures.ts";
import { browserTest, noBrowser, Visit } from "../page/_page.ts";
import { until } from "../container/until.ts";
import { ctlOk, pids } from "./_gatewayctl.ts";
import { liveTest, RUNNING, status, STOPPED, untilAllUp, untilStatus } from "./_live.ts";
import { bootStatus } from "./_status.ts";

/** A live test that needs a browser too. */
const pageTest: typeof liveTest = noBrowser === undefined
  ? liveTest
  : (name) => browserTest(`live: ${name}`, () => Promise.resolve());

/** Within this a change appears, in milliseconds. */
const SOON_MS = 2000;

/** Directories of hostile names; none can hold a slash. */
const HOSTILE = ["<img src=x onerror=alert(1)>", '"><script>alert(1)<', "a\u202eb\nc"];

/**
 * Does something three times, and measures when it shows: twice within
 * {@linkcode SOON_MS}, as the machine may be busy with other tests.
 */
async function showsSoon(
  its: Visit,
  selector: string,
  act: (time: number) => Promise<RegExp>,
): Promise<void> {
  const took: number[] = [];
  for (let time = 1; time <= 3; time++) {
    const expected = await act(time);
    const start = performance.now();
    await its.untilShown(selector, expected);
    took.push(performance.now() - start);
  }
  assertLess(took.toSorted((a, b) => a - b)[1]!, SOON_MS, `it took ${took} ms`);
}

pageTest(
  "page: shows the gateways, and within 2 s each kill -9 and stop, without a reload",
  async (boot) => {
    const { container, home, url } = await bootStatus(boot, {
      ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
      ...Object.fromEntries(HOSTILE.map((name) => [name, RUNNING])),
      broken: { ...RUNNING, stub: "exit 78" },
    });
    await untilAllUp(container, "default", "coder");
    await home.untilMinding("coder", "default");
    await untilStatus(container, "gateway-broken", "down", ({ wantedUp }) => !wantedUp);
    await using its = await Visit.to(url);
    await its.untilShown("#gateways tbody", /broken\s+failed bad config .*\ncoder\s+running/);
    const names = [
      "broken",
      ...HOSTILE.slice(0, 2),
      "a\\u202eb\\u000ac",
      "writer",
      "coder",
      "default",
    ];
    assertEquals((await its.names()).sort(), names.sort());
    await its.page.evaluate(() => Reflect.set(globalThis, "isFirst", true));

    const row = "tr:has(a[href='#coder'])";
    await showsSoon(its, row, async (time) => {
      await untilAllUp(container, "coder");
      const { coder } = await pids(container);
      await container.exec(["kill", "-9", String(coder)], { user: "hermes" });
      return new RegExp(`\\s${time}\\s`); // its deaths
    });
    await showsSoon(its, row, async () => {
      await ctlOk(container, ["start", "coder"]);
      await its.untilShown(row, /running/);
      await ctlOk(container, ["stop", "coder"]);
      return /stopped an operator stopped it/;
    });
    await its.untilShown("#summary", /^4 gateways: 1 running, 2 stopped, 1 failed; 3 unusable$/);
    assertEquals(await its.page.evaluate(() => Reflect.get(globalThis, "isFirst")), true);

    await its.page.click("a[href='#broken']");
    await its.untilShown("#detail-try", /^Try\s+gatewayctl start broken\s+Copy$/);
    its.assertClean();
  },
);

pageTest(
  "page: says that it is cut off while the service is down, and comes back with it",
  async (boot) => {
    const { container, url } = await bootStatus(boot, { default: RUNNING });
    await untilAllUp(container, "default");
    await using its = await Visit.to(url);
    await its.untilShown("#link", /^Live$/);
    await container.exec(["s6-svc", "-d", "/run/service/status"]);
    await its.untilShown("#link", /^Cut off since \d\d:\d\d:\d\d, trying again$/);
    await container.exec(["s6-svc", "-u", "/run/service/status"]);
    await its.untilShown("#link", /^Live$/);
    await until("the gateway shows", async () => (await its.names()).length === 1);
  },
);

/** Where the screenshots go; `deno task screenshot` takes README's from there. */
const SHOTS = `${REPO}/.cache/page`;

/** How old the gateways are in them, in seconds: README's are to be no newborns. */
const AGE = Number(Deno.env.get("HERMES_SCREENSHOT_AGE") ?? 0);

pageTest("page: screenshots, light, dark and on a phone", async (boot) => {
  const up = ["default", "coder", "reviewer", "researcher", "translator", "support-desk", "notes"];
  const { container, home, url } = await bootStatus(boot, {
    ...Object.fromEntries(up.map((name) => [name, RUNNING])),
    ...{ writer: STOPPED, fresh: {}, "My Bot": RUNNING },
    archive: { state: '{"desired_state":"runn' },
    broken: { ...RUNNING, stub: "exit 78" },
  });
  await untilAllUp(container, ...up);
  await home.untilLogged(...up);
  await untilStatus(container, "gateway-broken", "down", ({ wantedUp }) => !wantedUp);
  await until("the gateways are old enough", async () => {
    return (await status(container, "gateway-default")).seconds >= AGE;
  }, 10_000 + AGE * 1000);
  await using its = await Visit.to(url);
  await Deno.mkdir(SHOTS, { recursive: true });
  const shoot = async (name: string, scheme: string, width: number, height: number) => {
    await its.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await its.page.setViewport({ width, height });
    await its.untilShown("#summary", /^11 gateways: 7 running, 2 stopped, 2 failed; 1 unusable$/);
    const png = await its.page.screenshot({ path: `${SHOTS}/${name}.png` });
    assertLess(png.length, 150_000, name);
  };
  await shoot("light", "light", 1200, 610);
  await shoot("dark", "dark", 1200, 610);
  await shoot("phone", "light", 360, 780);
  await its.page.click("a[href='#broken']");
  await its.untilShown("#detail-try", /gatewayctl start broken/);
  await shoot("panel", "light", 1200, 610);
  await shoot("panel-phone", "dark", 360, 780);
  its.assertClean();
});
