import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import { bootContainer, Home, liveTest, SCANDIR, type Scene, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const parked = ({ up, wantedUp }: { up: boolean; wantedUp: boolean }) => !up && !wantedUp;

/** Waits until the coder is parked and what it has said is in its log. */
async function untilParked(container: Container, home: Home): Promise<void> {
  await untilStatus(container, "gateway-coder", "parked", parked, 60_000);
  const log = `${home.path}/logs/gateways/coder/current`;
  await until("a log line", () => Deno.readTextFile(log).catch(() => ""), 30_000);
}

/** How a profile gets where it is, and what `why` must say then. */
interface Case {
  profile?: string;
  scene?: Scene;
  /** What happens after the boot. */
  then?: (container: Container, home: Home) => Promise<unknown>;
  cause: string;
  says: RegExp;
  exitCode?: number;
}

const CASES: Readonly<Record<string, Case>> = {
  "a gateway that is up": {
    scene: RUNNING,
    then: (container) => untilStatus(container, "gateway-coder", "up", ({ up }) => up),
    cause: "up",
    says: /^coder: up, pid \d+\n {2}state: +running, set by the operator\n/,
  },
  "a directory without SOUL.md": {
    scene: { ...RUNNING, soul: false },
    cause: "no-soul",
    says:
      /not a profile: there is no \S+\/SOUL.md\n[^]*try: +touch '\S+\/SOUL.md'; gatewayctl sync\n/,
    exitCode: 3,
  },
  "a directory that is not there": {
    cause: "no-directory",
    says: /not a profile: there is no directory \/opt\/data\/profiles\/coder\n/,
    exitCode: 3,
  },
  "an illegal name": {
    profile: "My Bot",
    scene: RUNNING,
    cause: "illegal-name",
    says: /^My Bot: not a legal profile name: [^]*boot log: .*action=skipped[^]*try: +mv '/,
    exitCode: 3,
  },
  "a symlink": {
    then: async (_, home) => {
      await home.put("real", RUNNING);
      await Deno.symlink("real", `${home.path}/profiles/coder`);
    },
    cause: "refused",
    says: /^coder: gets no gateway: a symlink: expected a directory\n/,
  },
  "a profile that is newer than the boot": {
    then: (_, home) => home.put("coder", RUNNING),
    cause: "newer-than-boot",
    says: /newer than the container's start\n[^]*boot log: +no line\n +try: +gatewayctl sync\n/,
  },
  "a profile that was unregistered": {
    scene: RUNNING,
    then: (container) => ctlOk(container, ["unregister", "coder"]),
    cause: "unregistered",
    says: /try: +gatewayctl register coder\n/,
  },
  "a slot that is not supervised": {
    scene: RUNNING,
    then: async (container) => {
      await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
      await container.sh(
        `mkdir -p /opt/data/profiles/x && cd ${SCANDIR} && mv gateway-coder .hermes/x &&` +
          ` s6-svscanctl -an ${SCANDIR} && while s6-svok .hermes/x; do :; done;` +
          " mv .hermes/x gateway-coder",
        { user: "hermes" },
      );
    },
    cause: "not-supervised",
    says: /try: +gatewayctl doctor\n/,
  },
  "a gateway that the operator stopped": {
    scene: RUNNING,
    then: (container) => ctlOk(container, ["stop", "coder"]),
    cause: "stopped-by-operator",
    says:
      /^coder: down: the operator stopped it\n {2}state: +stopped, set by the operator at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n[^]*try: +gatewayctl start coder\n/,
  },
  "a state that the gateway set": {
    scene: { state: { gateway_state: "stopped", updated_at: "2026-11-22T08:47:00Z" } },
    cause: "state",
    says:
      /its state is "stopped", set by the gateway, [^]*set by the gateway at 2026-11-22 08:47:00\n[^]*prior_state=stopped action=registered/,
  },
  "a state file that is corrupt": {
    scene: { state: "{" },
    cause: "state",
    says: /no prior state \(gateway_state\.json: not JSON\)[^]*try: +gatewayctl start coder\n/,
  },
  "a registration without a start": {
    scene: RUNNING,
    then: async (container) => {
      await ctlOk(container, ["unregister", "coder"]);
      await ctlOk(container, ["register", "coder", "--down"]);
    },
    cause: "not-started",
    says: /registered without being started\n/,
  },
  "a gateway that exits 78": {
    scene: { ...RUNNING, stub: "exit 78" },
    then: untilParked,
    cause: "exit-78",
    says:
      /exit code 78[^]*log: +\d{4}-\S+ \S+ {2}gateway coder: up as hermes[^]*gatewayctl logs coder; /,
  },
  "a gateway that ended by itself": {
    scene: { ...RUNNING, stub: "exit 0" },
    then: untilParked,
    cause: "exit-0",
    says: /ended by itself with exit code 0[^]*try: +gatewayctl start coder\n/,
  },
  "a crash loop": {
    scene: { ...RUNNING, stub: "exit 1" },
    then: untilParked,
    cause: "crash-loop",
    says:
      /a crash loop, 10 deaths, the last by exit code 1; [^]*log: +\d{4}-[^]*gatewayctl start coder\n/,
  },
  "a gateway that is being restarted": {
    scene: { ...RUNNING, stub: "exit 1" },
    then: (container) =>
      untilStatus(container, "gateway-coder", "waiting", ({ up, wantedUp }) => !up && wantedUp),
    cause: "restarting",
    says: /^coder: (down for a moment|up)/,
  },
};

for (
  const [what, { profile = "coder", scene, then, cause, says, exitCode = 0 }] of Object.entries(
    CASES,
  )
) {
  liveTest(`gatewayctl why names ${what}`, async () => {
    await using home = await Home.make(scene === undefined ? {} : { [profile]: scene });
    await using container = await bootContainer(home);
    await then?.(container, home);
    const answer = await until("the cause", async () => {
      const found = await ctlJson<{ cause: string }>(container, ["why", profile]);
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

liveTest("gatewayctl why lets no log line steer the terminal", async () => {
  await using home = await Home.make({ coder: { ...RUNNING, stub: "exit 78" } });
  await using container = await bootContainer(home);
  await untilParked(container, home);
  const evil = "\x1b]0;owned\x07 \u202e \x9b2J é";
  await Deno.writeTextFile(`${home.path}/logs/gateways/coder/current`, `${evil}\n`, {
    append: true,
  });
  await Deno.writeTextFile(
    `${home.path}/logs/container-boot.log`,
    `2099 profile=coder ${evil}\n`,
    { append: true },
  );
  for (const command of ["why", "logs"]) {
    const stdout = await ctlOk(container, [command, "coder"]);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(stdout), JSON.stringify(stdout));
    assertMatch(stdout, /\\u001b\]0;owned\\u0007 \\u202e \\u009b2J é/);
  }
});
