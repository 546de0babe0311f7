import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR, STOPPED, untilAllUp, untilParked } from "./_live.ts";

// What it says of each cause is in why_table_test.

liveTest(
  "gatewayctl why with names tells the state, the boot, the end of the log and what helps",
  async (boot) => {
    const state = { gateway_state: "stopped", updated_at: "2026-11-22T08:47:00Z" };
    const { container, home } = await boot({
      ...{ coder: RUNNING, "My Bot": RUNNING, still: { state } },
      misconfigured: { ...RUNNING, stub: "exit 78" },
    });
    await untilAllUp(container, "coder");
    await untilParked(container, "gateway-misconfigured");
    await home.untilLogged("misconfigured");
    for (
      const [profile, code, says] of [
        ["coder", 0, /^coder: running, pid \d+\n {2}state: +running, set by the operator\n/],
        ["still", 0, /state: +stopped, set by the gateway at 2026-11-22 08:47:00\n/],
        ["misconfigured", 0, /exit code 78[^]*log: +\d{4}-\S+ \S+ {2}gateway misconfigured: up as/],
        ["My Bot", 3, /^My Bot: not a legal [^]*boot log: .*action=skipped[^]*try: +mv '/],
        [
          "nowhere",
          3,
          /^nowhere: not a profile: there is no directory \S+\n {2}boot log: +no line/,
        ],
      ] as const
    ) {
      const { code: found, stdout, stderr } = await ctl(container, ["why", profile]);
      assertEquals([found, stderr], [code, ""]);
      assertMatch(stdout, says);
      assert(stdout.split("\n").length < 12);
    }
    const evil = "\x1b]0;owned\x07 \u202e \x9b2J é";
    for (
      const [log, line] of [
        ["gateways/misconfigured/current", evil],
        ["container-boot.log", `2099 profile=misconfigured ${evil}`],
      ] as const
    ) await Deno.writeTextFile(`${home.path}/logs/${log}`, `${line}\n`, { append: true });
    for (const command of ["why", "logs"]) {
      const stdout = await ctlOk(container, [command, "misconfigured"]);
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(stdout), JSON.stringify(stdout));
      assertMatch(stdout, /\\u001b\]0;owned\\u0007 \\u202e \\u009b2J é/);
    }
  },
);

liveTest(
  "gatewayctl why without a name has a line for each that is not as it is wanted, the worst first",
  async (boot) => {
    const { container, home } = await boot({ default: RUNNING, coder: RUNNING, still: STOPPED });
    await untilAllUp(container, "default", "coder");
    const why = () => ctlOk(container, ["why"]);
    await until("all is well", async () => await why() === "nothing is wrong: 2 gateways run\n");
    await home.add("newer", { ...RUNNING, stub: "exit 78" });
    await home.add("Writer", RUNNING);
    await ctlOk(container, ["sync"]);
    await untilParked(container, "gateway-newer");
    await container.exec(["s6-svc", "-d", `${SCANDIR}/gateway-coder`]);
    await untilParked(container, "gateway-coder");
    const lines = (await why()).split("\n");
    assertMatch(
      lines[0] ?? "",
      /^newer: failed: its configuration .*; try: gatewayctl start newer$/,
    );
    assertMatch(lines[1] ?? "", /^coder: stopped: .*exit code 0.*; try: gatewayctl start coder$/);
    assertMatch(lines[2] ?? "", /^Writer: unusable: not a legal .*; try: mv \S+ \S+ && gatewayctl/);
    assertEquals(lines.slice(3), [""]);
    const said = await ctlJson<{ profile: string }[]>(container, ["why"]);
    assertEquals(said.map(({ profile }) => profile), ["newer", "coder", "Writer"]);
    const all = await ctlJson<{ profile: string }[]>(container, ["why", "coder", "still"]);
    assertEquals(all.map(({ profile }) => profile), ["coder", "still"]);
  },
);
