import { assertEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { manageWithS6 } from "./_command.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { bootContainer, liveTest, RUNNING, STOPPED, untilStatus } from "./_live.ts";

const SCANDIR = "/run/service";
const SHARED = { env: { HERMES_SUPERVISION: "shared" } };

/** Has the test program do what hermes's service manager does, as hermes; it must succeed. */
async function manage(container: Container, verb: string, profile = ""): Promise<string> {
  const { code, stdout, stderr } = await tryManage(container, verb, profile);
  assertEquals([code, stderr], [0, ""], `${verb} ${profile}: ${stdout}`);
  return stdout;
}

function tryManage(container: Container, verb: string, profile = "", scandir = SCANDIR) {
  const program = ["deno", "run", "--allow-all", "--quiet", "/tmp/manager.ts", verb];
  return container.exec([...program, ...profile === "" ? [] : [profile]], {
    user: "hermes",
    env: { DENO_DIR: "/tmp/deno_dir", NO_COLOR: "1", SCANDIR: scandir },
  });
}

function untilUp(container: Container, profile: string, not = -1): Promise<number> {
  const isUp = ({ up, pid }: { up: boolean; pid: number }) => up && pid !== not;
  return untilStatus(container, `${SCANDIR}/gateway-${profile}`, "up", isUp).then(({ pid }) => pid);
}

function untilDown(container: Container, profile: string) {
  const isDown = ({ up, wantedUp }: { up: boolean; wantedUp: boolean }) => !up && !wantedUp;
  return untilStatus(container, `${SCANDIR}/gateway-${profile}`, "down", isDown);
}

liveTest("what hermes's service manager does to s6 works on the suite's slots", async (boot) => {
  const scene = { state: STOPPED.state, stub: "upstream" };
  const { container, home } = await boot({ default: scene, coder: scene }, SHARED);
  await manageWithS6(container);
  assertEquals(await manage(container, "list"), "coder default\n");
  for (const profile of ["default", "coder"]) {
    await untilDown(container, profile);
    await manage(container, "start", profile);
    const first = await untilUp(container, profile);
    await home.untilMinding(profile);
    await manage(container, "restart", profile);
    const second = await untilUp(container, profile, first);
    await until("it minds its signals", async () => {
      const pid = await Deno.readTextFile(`${home.dir(profile)}/gateway.pid`).catch(() => "");
      return pid === `${second}\n`;
    });
    await manage(container, "stop", profile);
    await untilDown(container, profile);
  }
  assertEquals((await tryManage(container, "start", "nobody")).code, 1);
  // What it records is what the next boot goes by.
  await manage(container, "start", "coder");
  await container.stop();
  await using next = await bootContainer(home, SHARED);
  await untilUp(next, "coder");
  await untilDown(next, "default");
});

liveTest(
  "what hermes's service manager registers, gatewayctl knows, and the other way round",
  async (boot) => {
    const { container, home } = await boot({}, SHARED);
    await manageWithS6(container);
    for (const name of ["coder", "scout", "writer"]) await home.add(name);
    await manage(container, "register", "coder");
    await manage(container, "down", "scout");
    await ctlOk(container, ["register", "writer"]);
    await untilUp(container, "coder");
    await untilDown(container, "scout");
    assertEquals(await manage(container, "list"), "coder default scout writer\n");
    await ctlOk(container, ["start", "scout"]);
    await ctlOk(container, ["stop", "coder"]);
    for (const name of ["coder", "scout", "writer"]) {
      await manage(container, "unregister", name);
      const slot = `${SCANDIR}/gateway-${name}`;
      assertEquals((await container.sh(`[ -e ${slot} ]`)).code, 1);
      assertEquals(
        (await container.sh(`grep -qa 'hermes[^.]-p[^.]${name}' /proc/[0-9]*/cmdline`)).code,
        1,
      );
    }
    assertEquals(await manage(container, "list"), "default\n");
    // A name is free again at once, for both.
    await manage(container, "register", "coder");
    await untilUp(container, "coder");
    assertEquals(await ctlOk(container, ["unregister", "coder"]), "coder: unregistered\n");
    // Hermes scans before it removes the slot, so its supervisors live on until the next scan.
    await until("no supervisor but default's", async () => {
      const left =
        "grep -a '^s6-supervise.gateway-' /proc/[0-9]*/cmdline | grep -av gateway-default";
      return (await container.sh(left)).code === 1;
    });
  },
);

liveTest(
  "what hermes's service manager left half made is gone after a boot, and an absent scandir has no gateways",
  async (boot) => {
    const { container } = await boot({ coder: RUNNING }, SHARED);
    await manageWithS6(container);
    await manage(container, "crash", "scout");
    assertEquals((await container.sh(`ls -d ${SCANDIR}/.gateway-*`)).code, 0);
    assertEquals(await manage(container, "list"), "coder default\n");
    assertEquals((await container.exec(["/etc/cont-init.d/02-reconcile-profiles"])).code, 0);
    assertEquals((await container.sh(`ls -d ${SCANDIR}/.gateway-*`)).stdout, "");
    const absent = await tryManage(container, "list", "", "/run/nowhere");
    assertEquals([absent.code, absent.stdout], [0, "\n"]);
    const facts = "sed -i \"s|^scandir=.*|scandir='/run/nowhere'|\" /run/hermes-boot/facts";
    assertEquals((await container.sh(facts)).code, 0);
    const list = await ctl(container, ["list"]);
    assertEquals([list.code, list.stdout.split("\n").length], [0, 5], list.stderr);
    assertEquals((await ctl(container, ["health"])).code, 1);
  },
);
