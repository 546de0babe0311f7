/// <reference lib="dom" />
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonProblems } from "../_json_output.ts";
import { until } from "../container/until.ts";
import { browserTest, Visit } from "./_page.ts";
import { failed, running, Scene, stopped, unusable } from "./_server.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";

const ROWS = () => [
  running("default", { rssBytes: 300 << 20, cpuPercent: 12.4 }),
  unusable("default", "reserved-name"),
  running("coder", { deaths: 3, seconds: 200_000 }),
  failed("looper", "crash-loop", { deaths: 100, signal: "SIGKILL", exitCode: null, seconds: 30 }),
  stopped("writer", { lastLog: null, exitCode: 0 }),
  failed("broken", "wrong-configuration", { deaths: 1, exitCode: 78 }),
  unusable(HOSTILE, "illegal-name"),
];

async function visit(scene: Scene, hash = ""): Promise<Visit> {
  const visit = await Visit.to(scene.url + hash);
  await visit.untilShown("#gateways tbody", /./);
  return visit;
}

Deno.test("the made-up gateways are such as the API has", () => {
  assertEquals(jsonProblems("list", { version: 1, gateways: ROWS() }), []);
});

browserTest(
  "page: shows each gateway, the worst first, with its state and cause in words",
  async () => {
    await using scene = await Scene.of(ROWS());
    await using its = await visit(scene);
    const rows = (await its.rows()).map((cells) => cells.map((cell) => cell.replace(/\s+/g, " ")));
    assertEquals(rows, [
      [
        "broken",
        "failed bad config it is a case of wrong-configuration",
        "2h",
        "",
        "",
        "1",
        "50m",
      ],
      ["looper", "failed crash loop it is a case of crash-loop", "30s", "", "", "100+", "50m"],
      [HOSTILE, "unusable illegal name it is a case of illegal-name", "", "", "", "", ""],
      [
        "profiles/default",
        "unusable reserved name it is a case of reserved-name",
        "",
        "",
        "",
        "",
        "",
      ],
      ["writer", "stopped an operator stopped it", "2h", "", "", "0", ""],
      ["coder", "running", "2d", "88 MiB", "0.4%", "3", "50m"],
      ["default", "running", "2h", "300 MiB", "12%", "0", "50m"],
    ]);
    assertEquals(
      await its.text("#summary"),
      "5 gateways: 2 running, 1 stopped, 2 failed; 2 unusable",
    );
    assertEquals(await its.page.title(), "2 failed · Gateways");
    its.assertClean();
  },
);

browserTest("page: a name that is HTML, or reorders text, shows as text", async () => {
  const names = [
    HOSTILE,
    "</script><script>alert(1)</script>",
    "a\u202eb\nc",
    "&lt;b&gt;",
    "' onclick='x",
  ];
  await using scene = await Scene.of(names.map((name) => unusable(name, "illegal-name")));
  await using its = await visit(scene);
  const shown = names.map((name) => name === "a\u202eb\nc" ? "a\\u202eb\\u000ac" : name);
  assertEquals((await its.names()).sort(), shown.sort());
  for (const name of names) {
    await its.page.goto(`${scene.url}#${encodeURIComponent(name)}`);
    await its.untilShown("#detail-text", /illegal-name/);
    assert(shown.includes(await its.text("#detail-name")));
    await its.page.keyboard.press("Escape");
  }
  assertEquals(await its.page.$$("img, script:not([src]), [onclick]"), []);
  its.assertClean();
});

browserTest("page: filters by text and by state, and says when nothing is left", async () => {
  await using scene = await Scene.of(ROWS());
  await using its = await visit(scene);
  const { page } = its;
  await page.keyboard.press("/");
  await page.keyboard.type("LOOP crash");
  assertEquals(await its.names(), ["looper"]);
  await page.$eval("#text", (input) => (input as HTMLInputElement).value = "");
  await page.click("input[value=failed]");
  assertEquals(await its.names(), ["broken", "looper"]);
  await page.click("input[value=running]");
  assertEquals(await its.names(), ["coder", "default"]);
  await page.type("#text", "nobody");
  assertEquals(await its.names(), []);
  assertEquals(await its.text("#no-match"), "No gateway matches. Show all");
  await page.click("#show-all");
  assertEquals((await its.names()).length, ROWS().length);
  its.assertClean();
});

browserTest("page: a header's button sorts by its column, and turns the order round", async () => {
  await using scene = await Scene.of(ROWS());
  await using its = await visit(scene);
  const first = async (column: string) => {
    await its.page.click(`th[data-column=${column}] button`);
    const sorted = await its.page.$$eval(
      "th[aria-sort]",
      (headers) =>
        headers.map((one) => `${one.getAttribute("data-column")} ${one.getAttribute("aria-sort")}`),
    );
    return [...sorted, (await its.names())[0]];
  };
  assertEquals(await first("memory"), ["memory descending", "default"]);
  assertEquals(await first("memory"), ["memory ascending", "coder"]);
  assertEquals(await first("cpu"), ["cpu descending", "default"]);
  assertEquals(await first("deaths"), ["deaths descending", "looper"]);
  assertEquals(await first("since"), ["since ascending", "looper"]);
  assertEquals(await first("since"), ["since descending", "coder"]);
  assertEquals(await first("name"), ["name ascending", HOSTILE]);
  assertEquals(await first("state"), ["state ascending", "broken"]);
  its.assertClean();
});

browserTest(
  "page: #NAME opens a gateway with why and a command to copy; Escape closes it",
  async () => {
    await using scene = await Scene.of(ROWS());
    scene.why = { try: "gatewayctl start looper", outside: "the image" };
    await using its = await visit(scene, "#looper");
    const { page } = its;
    await page.browserContext().overridePermissions(new URL(scene.url).origin, ["clipboard-read"]);
    await its.untilShown("#detail-try", /gatewayctl start looper/);
    const detail = (await its.text("#detail")).replace(/\s+/g, " ");
    for (
      const part of [
        "looper Close failed crash loop it is a case of crash-loop Try gatewayctl start looper Copy",
        "Outside the container: the image",
        "Deaths 100+ Last end SIGKILL",
        "Recorded running, set by the operator at 2026-11-25",
        "Commands gatewayctl logs looper Copy Commands are for a shell in the container.",
      ]
    ) assertStringIncludes(detail, part);
    await page.click("#detail-try button");
    await its.untilShown("#detail-try button", /Copied/);
    assertEquals(
      await page.evaluate(() => navigator.clipboard.readText()),
      "gatewayctl start looper",
    );
    await page.keyboard.press("Escape");
    await until("the panel has closed", () => page.evaluate(() => location.hash === ""));
    assertEquals(await page.$("dialog[open]"), null);
    its.assertClean();
  },
);

browserTest("page: is used by keyboard alone", async () => {
  await using scene = await Scene.of(ROWS());
  await using its = await visit(scene);
  const { page } = its;
  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).innerText);
  for (let i = 0; i < 30 && await focused() !== "broken"; i++) await page.keyboard.press("Tab");
  assertEquals(await focused(), "broken");
  await page.keyboard.press("ArrowDown");
  assertEquals(await focused(), "looper");
  await page.keyboard.press("End");
  assertEquals(await focused(), "default");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await its.untilShown("dialog[open] h2", /^coder$/);
  await page.keyboard.press("Escape");
  assertEquals(await focused(), "coder");
  its.assertClean();
});

browserTest(
  "page: keeps the focus on a gateway that moves, and the panel on one that changes",
  async () => {
    const [first, ...others] = ROWS();
    await using scene = await Scene.of([first!, ...others]);
    await using its = await visit(scene);
    const { page } = its;
    await page.focus("a[href='#coder']");
    scene.rows = [first!, failed("coder", "restarting"), running("new"), ...others.slice(3)];
    await its.untilShown("#gateways tbody", /coder\s+failed keeps dying.*new/);
    assertEquals(await page.evaluate(() => document.activeElement?.textContent), "coder");
    assertEquals(await page.$("a[href='#looper']"), null);
    await page.keyboard.press("Enter");
    await its.untilShown("dialog[open]", /failed keeps dying/);
    scene.rows = [first!, stopped("coder", { text: "an operator did" })];
    await its.untilShown("dialog[open]", /coder.*stopped.*an operator did.*gatewayctl start coder/);
    scene.rows = [first!];
    await its.untilShown("dialog[open]", /There is no such gateway/);
    its.assertClean();
  },
);

browserTest("page: asks for the token, and again where it is wrong", async () => {
  await using scene = await Scene.of(ROWS(), { token: "correct-horse-battery-staple" });
  await using its = await Visit.to(scene.url);
  const { page } = its;
  assertEquals(new URL(page.url()).pathname, "/login");
  const log = async (token: string) => {
    await page.type("#token", token);
    await Promise.all([page.waitForNavigation(), page.click("button")]);
  };
  await log("wrong");
  assertEquals(await its.text("[role=alert]"), "That is not the token.");
  assertEquals(its.problems.splice(0).length, 1); // the browser says of itself that it was a 401
  await log("correct-horse-battery-staple");
  await its.untilShown("#gateways tbody", /coder/);
  its.assertClean();
});

browserTest("page: says since when it is cut off, and comes back by itself", async () => {
  const scene = await Scene.of(ROWS());
  await using its = await visit(scene);
  await scene[Symbol.asyncDispose]();
  await its.untilShown("#link", /^Cut off since \d\d:\d\d:\d\d, trying again$/);
  assertEquals((await its.names()).length, ROWS().length);
  await using again = await Scene.of([running("new")], { port: scene.port });
  await its.untilShown("#link", /^Live$/);
  await its.untilShown("#gateways tbody", /^new\s/);
  // The browser itself says in the console that nobody answered, and no more than that.
  assertEquals(its.problems.filter((one) => !one.includes("net::ERR_")), []);
  assertEquals(again.url, scene.url);
});

browserTest("page: takes for cut off what the server cannot look at any more", async () => {
  await using scene = await Scene.of(ROWS());
  await using its = await visit(scene);
  scene.broken = true;
  await its.untilShown("#link", /^Cut off since /);
  scene.broken = false;
  await its.untilShown("#link", /^Live$/);
});

browserTest("page: leads to the login where it is not let in any more", async () => {
  const scene = await Scene.of(ROWS());
  await using its = await visit(scene);
  await scene[Symbol.asyncDispose]();
  await using _ = await Scene.of(ROWS(), {
    port: scene.port,
    token: "correct-horse-battery-staple",
  });
  await its.untilShown("#link", /^Logged out. Log in$/);
  await Promise.all([its.page.waitForNavigation(), its.page.click("#link a")]);
  assertEquals(await its.page.title(), "Log in · Gateways");
});
