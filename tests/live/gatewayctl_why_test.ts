import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import {
  type Home,
  liveTest,
  RUNNING,
  SCANDIR,
  type Scene,
  untilParked,
  untilStatus,
  untilUp,
} from "./_live.ts";

/** How a profile gets where it is, and what `why` must say then. */
interface Case {
  scene?: Scene;
  /** What happens after the boot. */
  then?: (container: Container, home: Home, profile: string) => Promise<unknown>;
  cause: string;
  says: RegExp;
  exitCode?: number;
}

/** Waits until a gateway is parked and what it has said is in its log. */
async function untilEnded(container: Container, home: Home, profile: string): Promise<void> {
  await untilParked(container, `gateway-${profile}`);
  await home.untilLogged(profile);
}

/** By profile, and asked for in this order: what waits longest comes last. */
const CASES: Readonly<Record<string, Case>> = {
  restarting: {
    scene: { ...RUNNING, stub: "exit 1" },
    then: (container) =>
      untilStatus(
        container,
        "gateway-restarting",
        "waiting",
        ({ up, wantedUp }) => !up && wantedUp,
      ),
    cause: "restarting",
    says: /^restarting: (down for a moment|up)/,
  },
  up: {
    scene: RUNNING,
    then: (container, _, profile) => untilUp(container, profile),
    cause: "up",
    says: /^up: up, pid \d+\n {2}state: +running, set by the operator\n/,
  },
  // A directory without SOUL.md.
  soulless: {
    scene: { ...RUNNING, soul: false },
    cause: "no-soul",
    says:
      /not a profile: there is no \S+\/SOUL.md\n[^]*try: +touch '\S+\/SOUL.md'; gatewayctl sync\n/,
    exitCode: 3,
  },
  nowhere: {
    cause: "no-directory",
    says: /not a profile: there is no directory \/opt\/data\/profiles\/nowhere\n/,
    exitCode: 3,
  },
  "My Bot": {
    scene: RUNNING,
    cause: "illegal-name",
    says: /^My Bot: not a legal profile name: [^]*boot log: .*action=skipped[^]*try: +mv '/,
    exitCode: 3,
  },
  link: {
    then: async (_, home, profile) => {
      await home.put("real", RUNNING);
      await Deno.symlink("real", home.dir(profile));
    },
    cause: "refused",
    says: /^link: gets no gateway: a symlink: expected a directory\n/,
  },
  newer: {
    then: (_, home, profile) => home.add(profile, RUNNING),
    cause: "newer-than-boot",
    says: /newer than the container's start\n[^]*boot log: +no line\n +try: +gatewayctl sync\n/,
  },
  unregistered: {
    scene: RUNNING,
    then: (container, _, profile) => ctlOk(container, ["unregister", profile]),
    cause: "unregistered",
    says: /try: +gatewayctl register unregistered\n/,
  },
  unsupervised: {
    scene: RUNNING,
    then: async (container, _, profile) => {
      await untilUp(container, profile);
      await container.sh(
        `cd ${SCANDIR} && mv gateway-unsupervised .hermes/x &&` +
          ` s6-svscanctl -an ${SCANDIR} && while s6-svok .hermes/x; do :; done;` +
          " mv .hermes/x gateway-unsupervised",
        { user: "hermes" },
      );
    },
    cause: "not-supervised",
    says: /try: +gatewayctl doctor\n/,
  },
  stopped: {
    scene: RUNNING,
    then: (container, _, profile) => ctlOk(container, ["stop", profile]),
    cause: "stopped-by-operator",
    says:
      /^stopped: down: the operator stopped it\n {2}state: +stopped, set by the operator at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n[^]*try: +gatewayctl start stopped\n/,
  },
  state: {
    scene: { state: { gateway_state: "stopped", updated_at: "2026-11-22T08:47:00Z" } },
    cause: "state",
    says:
      /its state is "stopped", set by the gateway, [^]*set by the gateway at 2026-11-22 08:47:00\n[^]*prior_state=stopped action=registered/,
  },
  corrupt: {
    scene: { state: "{" },
    cause: "state",
    says: /no prior state \(gateway_state\.json: not JSON\)[^]*try: +gatewayctl start corrupt\n/,
  },
  unstarted: {
    scene: RUNNING,
    then: async (container, _, profile) => {
      await ctlOk(container, ["unregister", profile]);
      await ctlOk(container, ["register", profile, "--down"]);
    },
    cause: "not-started",
    says: /registered without being started\n/,
  },
  misconfigured: {
    scene: { ...RUNNING, stub: "exit 78" },
    then: untilEnded,
    cause: "exit-78",
    says:
      /exit code 78[^]*log: +\d{4}-\S+ \S+ {2}gateway misconfigured: up as hermes[^]*gatewayctl logs misconfigured; /,
  },
  ended: {
    scene: { ...RUNNING, stub: "exit 0" },
    then: untilEnded,
    cause: "exit-0",
    says: /ended by itself with exit code 0[^]*try: +gatewayctl start ended\n/,
  },
  looping: {
    scene: { ...RUNNING, stub: "exit 1" },
    then: untilEnded,
    cause: "crash-loop",
    says:
      /a crash loop, 10 deaths, the last by exit code 1; [^]*log: +\d{4}-[^]*gatewayctl start looping\n/,
  },
};

liveTest("gatewayctl why names what keeps a gateway where it is", async (boot, test) => {
  const scenes = Object.entries(CASES).flatMap(([name, { scene }]) => scene ? [[name, scene]] : []);
  const { container, home } = await boot(Object.fromEntries(scenes));
  for (const [profile, { then, cause, says, exitCode = 0 }] of Object.entries(CASES)) {
    await test.step(`${profile}: ${cause}`, async () => {
      await then?.(container, home, profile);
      const answer = await until("the cause", async () => {
        const [found] = await ctlJson<[{ cause: string }]>(container, ["why", profile]);
        const moving = ["up", "restarting", "not-supervised"].includes(found.cause);
        return found.cause === cause || !moving ? found : undefined;
      }, 30_000);
      assertEquals(answer.cause, cause);
      const { code, stdout, stderr } = await ctl(container, ["why", profile]);
      assertEquals([code, stderr], [exitCode, ""]);
      assertMatch(stdout, says);
      assert(stdout.split("\n").length < 12);
    });
  }
  await test.step("no log line steers the terminal", async () => {
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
  });
});
