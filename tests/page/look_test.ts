/// <reference lib="dom" />
import axe from "axe-core";
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { REPO } from "../_fixtures.ts";
import { until } from "../container/until.ts";
import { browserTest, Visit } from "./_page.ts";
import { failed, type Row, running, Scene, stopped, unusable } from "./_server.ts";

const ROWS = [
  running("default"),
  failed("looper", "crash-loop", { deaths: 10, exitCode: 1 }),
  stopped("writer"),
  running("late", { state: "starting", cause: "starting", text: "s6 is starting it" }),
  running("elsewhere", { state: "not here", cause: "other-shard", text: "it is of shard 2/5" }),
  unusable("a-name_".repeat(36), "illegal-name"),
];

const WIDTHS = { "on a screen": 1200, "on a phone": 360 };

/** What axe-core finds, each in a line. */
async function findFaults({ page }: Visit): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations }: axe.AxeResults = await Reflect.get(globalThis, "axe").run();
    return violations.flatMap(({ id, impact, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${impact} ${id}: ${target}: ${failureSummary}`)
    );
  });
}

function overflow({ page }: Visit): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}

for (const [where, width] of Object.entries(WIDTHS)) {
  for (const scheme of ["light", "dark"]) {
    browserTest(
      `page: ${scheme} ${where} axe-core finds no fault, and nothing is too wide`,
      async () => {
        const scene = await Scene.of(ROWS);
        scene.why = { try: `gatewayctl start ${"x".repeat(200)}` };
        await using its = await Visit.to(scene.url, width);
        await its.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        const look = async (what: string) => {
          assertEquals({ what, wider: await overflow(its) }, { what, wider: 0 });
          assertEquals({ what, faults: await findFaults(its) }, { what, faults: [] });
        };
        await its.untilShown("#gateways tbody", /looper/);
        await look("the table");
        await its.page.click("a[href='#looper']");
        await its.untilShown("#detail-try", /gatewayctl/);
        await look("the panel");
        await its.page.keyboard.press("Escape");
        await its.page.type("#text", "nobody");
        await look("no match");
        await scene[Symbol.asyncDispose]();
        await its.untilShown("#link", /^Cut off/);
        await look("cut off");
      },
    );
  }
}

browserTest("page: axe-core finds no fault in the login", async () => {
  await using scene = await Scene.of([], { token: "correct-horse-battery-staple" });
  await using its = await Visit.to(scene.url, 360);
  assertEquals([await overflow(its), await findFaults(its)], [0, []]);
});

Deno.test("README's picture of the page is there, says what it shows, and is not large", () => {
  const [, words = "", path] =
    /!\[(.*)\]\((docs\/page\.png)\)/.exec(Deno.readTextFileSync(`${REPO}/README.md`)) ?? [];
  assertGreater(words.length, 40);
  assertLess(Deno.statSync(`${REPO}/${path}`).size, 150_000);
});

/** All of them, each with other numbers every time. */
function many(turn: number): Row[] {
  return Array.from(
    { length: 300 },
    (_, i) =>
      (i + turn) % 10 === 0
        ? failed(`team-${i}`, "crash-loop", { deaths: 10 })
        : running(`team-${i}`, { rssBytes: (50 + i + turn) << 20, cpuPercent: (i + turn) % 90 }),
  );
}

browserTest(
  "page: 300 gateways that all change keep their rows, and take no long task",
  async () => {
    await using scene = await Scene.of(many(0));
    await using its = await Visit.to(scene.url);
    const { page } = its;
    const shown = () => page.$$eval("#gateways tbody tr", (rows) => rows.length);
    await until("300 rows", async () => await shown() === 300);
    await page.evaluate(() => {
      const tasks: number[] = [];
      Reflect.set(globalThis, "tasks", tasks);
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)))
        .observe({ entryTypes: ["longtask"] });
      for (const row of document.querySelectorAll("#gateways tbody tr")) row.classList.add("first");
    });
    await page.click("th[data-column=cpu] button");
    for (let turn = 1; turn <= 5; turn++) {
      scene.rows = many(turn);
      await its.untilShown("#summary", /270 running, 30 failed/);
      const top = `team-${(89 - turn + 90) % 90}`;
      await until(`turn ${turn} shows`, async () => (await its.names())[0] === top);
    }
    await page.type("#text", "team-1");
    await until("the filter", async () => await shown() === 111);
    await page.keyboard.press("Backspace");
    await until("the filter is off", async () => await shown() === 300);
    const tasks = await page.evaluate(() => Reflect.get(globalThis, "tasks") as number[]);
    assertLess(Math.max(0, ...tasks), 200);
    assertEquals(await page.$$eval("tr.first", (rows) => rows.length), 300);
    its.assertClean();
  },
);
