import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Container, ContainerOptions } from "../container/container.ts";
import { type Boot, liveTest, RUNNING, status, THREE, untilRested, untilStatus } from "./_live.ts";

type Options = Omit<ContainerOptions, "data">;

/** Boots what must be refused: one line, and after that everything rests, ready and in silence. */
async function refuse(boot: Boot, options: Options, reason: RegExp, before = ":"): Promise<void> {
  const { container, home } = await boot({ coder: RUNNING }, { hooks: false, ...options });
  await Deno.mkdir(`${home.path}/other/roots`, { recursive: true }); // so deep 01 gives nothing back
  assertEquals((await container.sh(before)).code, 0);
  const start = performance.now();
  const hooks = await container.boot();
  assert(performance.now() - start < 10_000, "a service kept the boot waiting");
  const lines = [...hooks.values()].flatMap(({ stderr }) => stderr.match(/.+/g) ?? []);
  assertEquals(lines.length, 1, lines.join("\n"));
  const [, words = ""] = /^015-supervise-perms: error: (.*)$/.exec(lines[0] ?? "") ?? [];
  assertMatch(words, reason);
  assertEquals(hooks.get("015-supervise-perms")?.code, 2);
  assertEquals(hooks.get("02-reconcile-profiles")?.code, 2);
  await assertRests(container);
  const { code, stderr } = await container.exec(["gatewayctl", "list"]);
  assertEquals([code, stderr], [1, `gatewayctl: error: ${words}\n`]);
  assertEquals((await container.sh("pgrep -f '[s]6-supervise gateway-'")).stdout, "");
  assertEquals(await container.log(), "");
  // What the container's command might have left, which root may not be able to end.
  await container.sh("setsid sleep 1000 </dev/null >/dev/null 2>&1 &", { user: "hermes" });
  assert(await container.stop(10_000), "it had to be killed");
}

/** Every service has come up, as s6-rc wants it, and is down for good. */
async function assertRests(container: Container): Promise<void> {
  for (const service of ["gateways", "profile-watch", "dashboard", "start-gateways", "status"]) {
    await untilRested(container, service);
    const { exitCode } = await status(container, service);
    assertEquals(exitCode, 0, service);
  }
}

/** Each mode in which a container's own s6-svscan is hermes's. */
const ISOLATED: Readonly<Record<string, Options>> = {
  "isolated supervision": { env: { HERMES_SUPERVISION: "isolated" } },
  "root with only SETUID, SETGID and CHOWN": { capabilities: THREE },
};

for (const [what, { env, ...options }] of Object.entries(ISOLATED)) {
  liveTest(
    `${what}: a scandir that hermes cannot use is refused once, and nothing hangs`,
    async (boot) => {
      for (
        const [scandir, reason, before] of [
          ["/run/service", /cannot be \/run\/service: PID 1 has it$/],
          ["/run/link", /cannot be \/run\/link: PID 1 has it$/, "ln -s service /run/link"],
          ["/run/file", /cannot be \/run\/file: hermes cannot make it$/, ": >/run/file"],
          ["/run/none/deep", /hermes cannot make it$/],
          ["/opt/data/other/roots/deep", /hermes cannot make it$/],
          ["/opt/data/other/roots", /hermes cannot write to it$/],
          ["/proc/self", /hermes cannot write to it$|hermes cannot make it$|not hermes's$/],
          [
            "/run/x",
            /its \.s6-svscan is not hermes's$/,
            "mkdir -m 1777 /run/x; mkdir /run/x/.s6-svscan",
          ],
        ] as [string, RegExp, string?][]
      ) {
        const asked = { ...env, S6_PROFILE_GATEWAY_SCANDIR: scandir };
        await refuse(boot, { ...options, env: asked }, reason, before);
      }
    },
  );

  liveTest(`${what}: another scandir that hermes can use is used`, async (boot) => {
    const scandir = "/opt/data/slots";
    const { container } = await boot({ coder: RUNNING }, {
      ...options,
      env: { ...env, S6_PROFILE_GATEWAY_SCANDIR: scandir },
    });
    await untilStatus(container, `${scandir}/gateway-coder`, "up", ({ up }) => up);
  });
}

liveTest(
  "shared supervision: a scandir that root's s6-svscan does not watch is refused",
  async (boot) => {
    for (
      const [scandir, before] of [
        ["/run/none"],
        ["/run/file", ": >/run/file"],
        ["/run/empty", "mkdir /run/empty"],
        [
          "/run/theirs",
          "cp -a /run/service /run/theirs; mkfifo /run/theirs/.s6-svscan/control; chown hermes /run/theirs",
        ],
      ] as [string, string?][]
    ) {
      const env = { HERMES_SUPERVISION: "shared", S6_PROFILE_GATEWAY_SCANDIR: scandir };
      await refuse(
        boot,
        { env },
        /^S6_PROFILE_GATEWAY_SCANDIR: expected .* got \/run\/\w+$/,
        before,
      );
    }
  },
);

for (const [what, options] of Object.entries({ "shared supervision": { env: {} }, ...ISOLATED })) {
  liveTest(`${what}: other IDs on a read-only root are refused once`, async (boot) => {
    const env = {
      ...options.env,
      PUID: "99",
      PGID: "100",
      HERMES_DASHBOARD: "1",
      HERMES_PROFILE_WATCH: "1",
    };
    const reason =
      /^hermes is 10000:10000 and not 99:100, .*read-only root\?\): build the image .*, or mount a passwd and a group/;
    await refuse(boot, { ...options, env, readOnly: true }, reason);
  });
}
