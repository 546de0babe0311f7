import { assertEquals, assertMatch } from "@std/assert";
import { ctl, ctlOk, pids } from "./_gatewayctl.ts";
import { liveTest, RUNNING, untilAllUp } from "./_live.ts";

/** Environments that a process inside a profile, or `docker exec -e`, may have. */
const ELSEWHERE = [
  { HERMES_HOME: "/opt/data/profiles/coder" },
  { HERMES_HOME: "data", DENO_DIR: "/nope", DENO_FLAGS: "--allow-all", NODE_OPTIONS: "-r /x" },
  { HERMES_HOME: "/nowhere", S6_PROFILE_GATEWAY_SCANDIR: "/tmp", HERMES_GATEWAY_PROFILES: "none" },
];

liveTest(
  "gatewayctl acts on the container's home whatever the caller's environment says",
  async (boot) => {
    const { home, container } = await boot({ default: RUNNING, coder: RUNNING });
    await untilAllUp(container, "default", "coder");
    const before = await pids(container);
    const coder = `${home.dir("coder")}/gateway_state.json`;
    const state = await Deno.readTextFile(coder);
    for (const env of ELSEWHERE) {
      const words = await ctlOk(container, ["sync", "--prune"], { env });
      assertEquals(words, "default: unchanged\ncoder: unchanged\n");
      assertEquals(await pids(container), before);
      await ctlOk(container, ["stop", "default"], { env });
      assertEquals(await Deno.readTextFile(coder), state);
      const { desired_state } = JSON.parse(
        await Deno.readTextFile(`${home.path}/gateway_state.json`),
      );
      assertEquals(desired_state, "stopped");
      await ctlOk(container, ["start", "default"], { env });
      before.default = (await pids(container)).default!;
    }
  },
);

liveTest(
  "gatewayctl in an image whose hooks have not run says so in one line and exits 1",
  async (boot) => {
    const { container } = await boot({}, { hooks: false });
    for (const user of ["root", "hermes"] as const) {
      const { code, stdout, stderr } = await ctl(container, ["list"], { user });
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^gatewayctl: error: \/run\/hermes-boot\/facts is missing: [^\n]+\n$/);
      assertEquals((await ctl(container, ["--help"], { user })).code, 0);
    }
  },
);
