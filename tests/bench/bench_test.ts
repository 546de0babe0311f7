import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Boot } from "../../bench/_boots.ts";
import { isMet, judge, type Results } from "../../bench/_budgets.ts";
import { plot } from "../../bench/_plot.ts";
import { bootRows, markdown } from "../../bench/_report.ts";
import { SCENES, type StageResult } from "../../bench/_stages.ts";
import { median } from "../../bench/_statistics.ts";

const none = { afterHooksMs: null, cpuMs: null, memoryKiB: null, againMs: null, stopMs: null };

function boots(size: number, upMs: Readonly<Record<string, number>>): Boot[] {
  return Object.entries(upMs).map(([contender, ms]) => ({
    ...{ contender, size, ...none },
    upMs: ms,
    afterHooksMs: contender.startsWith("hermes-boot") ? ms - 130 : null,
  }));
}

const stage = (what: string, size: number, ms: number): StageResult => ({
  ...{ what, size, ms },
  cpuMs: 0,
});

/** Results that meet every budget just so. */
function results(): Results {
  const hook = { ms: 87, cpuMs: 0 };
  const up = {
    "hermes-boot, shared": 1000,
    "hermes-boot, isolated": 826,
    supervisord: 1000,
    "pm2-runtime": 1100,
    "bare s6-svscan": 348,
  };
  return {
    boots: [...boots(20, up), ...boots(200, up)],
    image: {
      hooks: new Map([["01", hook], ["015", hook], ["02", hook]]),
      bare: { ms: 30, cpuMs: 30 },
      commands: new Map([["list", { ms: 0, cpuMs: 81 }]]),
    },
    stages: [
      stage(SCENES.bare, 0, 100),
      stage(SCENES.supervise, 20, 160),
      stage(SCENES.shared, 5, 250),
      stage(SCENES.isolated, 5, 220),
      stage(SCENES.c, 5, 10),
      stage(SCENES.shared, 1000, 750),
      stage(SCENES.isolated, 1000, 620),
      stage(SCENES.c, 1000, 210),
      stage(SCENES.again, 1000, 675),
      stage(SCENES.shared, 4000, 4.4 * 750),
    ],
  };
}

Deno.test("median() is the middle value, or between the two middle ones", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
});

Deno.test("judge() takes what meets every budget just so", () => {
  assertEquals(judge(results()).filter((one) => !isMet(one)), []);
});

Deno.test("judge() names each budget that is missed", () => {
  const slow = results();
  const image = { ...slow.image, commands: new Map([["list", { ms: 0, cpuMs: 82 }]]) };
  const shared = slow.boots.map((one) =>
    one.contender === "hermes-boot, shared" && one.size === 20
      ? { ...one, upMs: 1001, afterHooksMs: 871 }
      : one
  );
  const missed = judge({ ...slow, image, boots: shared }).filter((one) => !isMet(one));
  assertEquals(missed.map(({ what }) => what), [
    "last of 20 gateways up, shared, of the faster peer",
    "last of 20 gateways up, shared, from the hooks on, of the floor",
    "CPU of gatewayctl list with 10 gateways, of a bare start",
  ]);
});

Deno.test("judge() misses a budget of what was not measured", () => {
  const { image, stages } = results();
  assertEquals(judge({ boots: [], image, stages }).filter((one) => !isMet(one)).length, 8);
});

Deno.test("bootRows() has a dash for what could not be measured", () => {
  const [header, row] = bootRows([{ contender: "x", size: 5, upMs: 1234, ...none, cpuMs: 500 }]);
  assertEquals(row, ["5", "x", "1.23", "0.50", "-", "-", "-"]);
  assertStringIncludes(
    markdown([header!, row!]),
    "| ---: | --- | ---: | ---: | ---: | ---: | ---: |\n| 5 | x | 1.23 |",
  );
});

Deno.test("plot() draws a line for each series, in the reader's colours", () => {
  const svg = plot([{ name: "one", points: [[5, 0.02], [400, 3]] }, {
    ...{ name: "two", points: [[5, 1]] },
  }], { title: "Title", x: "across", y: "up" });
  for (
    const part of [
      "Title",
      "across",
      "up",
      ">one</text>",
      ">0.02</text>",
      ">5</text>",
      ">400</text>",
    ]
  ) {
    assertStringIncludes(svg, part);
  }
  assertStringIncludes(svg, "prefers-color-scheme:dark");
});
