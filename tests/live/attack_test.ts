import { assert, assertEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { bootContainer, HERMES, Home, liveTest, RUNNING, status, untilStatus } from "./_live.ts";

/** The steps of `_attack.sh` that plant scripts and have them run. */
const PLANT = ["new_service_directories", "changed_scripts", "gentle"];

/** What those must be seen to have run. */
const PLANTED = ["new service directory", "changed run", "changed finish", "changed log/run"];

/** What comes then. It would end a shared container, whose s6-svscan minds hermes. */
const STORM = [
  ...["swapped_supervise", "gentle", "links_for_events", "links", "whatever_is_writable"],
  ...["gentle", "control_fifos", "kill_all", ...PLANT],
];

/** Services of root's that no attack may end. */
const ROOTS = ["s6rc-oneshot-runner", "s6rc-fdholder", "s6-linux-init-shutdownd"];

async function attack(container: Container, step: string): Promise<void> {
  const script = await Deno.readTextFile(new URL("_attack.sh", import.meta.url));
  const { code, stdout, stderr } = await container.exec(["sh", "-c", script, "sh", step], {
    user: "hermes",
  });
  assertEquals(code, 0, `${step}: ${stderr}`);
  console.log(`tried ${stdout.trim()} times with success`);
}

/** Brings a service up, as root; an s6-supervise that was told to exit may not hear it the first time. */
async function bringUp(container: Container, service: string): Promise<void> {
  // Some that were are forgotten.
  await container.exec(["/opt/hermes-boot/libexec/wake", "/run/service"]);
  await until(`${service} is up again`, async () => {
    await container.exec(["s6-svc", "-cu", `/run/service/${service}`]);
    return (await status(container, service).catch(() => undefined))?.up;
  }, 60_000);
}

/** Who has run what was planted: lines of a user's ID and a label. */
async function witnesses(home: Home): Promise<Set<string>> {
  const text = await Deno.readTextFile(`${home.path}/witness/log`).catch(() => "");
  return new Set(text.split("\n").filter((line) => line !== ""));
}

/** Those that are not hermes. */
function byOthers(seen: ReadonlySet<string>): string[] {
  return [...seen].filter((line) => !line.startsWith(`${HERMES.uid} `));
}

async function untilWitnessed(
  home: Home,
  uid: number,
  labels: readonly string[],
  meanwhile = () => Promise.resolve<unknown>(undefined),
): Promise<void> {
  for (const label of labels) {
    await until(`user ${uid} runs a ${label}`, async () => {
      await meanwhile();
      const seen = await witnesses(home);
      if (uid !== 0) assertEquals(byOthers(seen), [], "run by another user");
      return seen.has(`${uid} ${label}`);
    }, 30_000);
  }
}

/** Fails if root has run anything that was planted, or something of root's is hermes's. */
async function assertNoRoot(container: Container, home: Home): Promise<void> {
  assertEquals(byOthers(await witnesses(home)), [], "run by another user");
  const { stdout } = await container.sh(
    "cat /run/witness-of-root 2>/dev/null; find /etc /usr/local /opt/hermes-boot /run/s6-rc/ /run/s6" +
      " /run/service/s6-linux-init-shutdownd -xdev '(' ! -user root -o -name '*evil*' ')'",
  );
  assertEquals(stdout, "", "of hermes's in root's places");
}

liveTest("shared: what hermes plants is run by root, the known limit", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING }, {
    env: { HERMES_SUPERVISION: "shared" },
  });
  await untilStatus(container, "/run/service/gateway-coder/log", "up", ({ up }) => up);
  for (const step of PLANT) await attack(container, step);
  await untilWitnessed(home, 0, PLANTED);
  const { stdout } = await container.sh("cat /run/witness-of-root");
  assert(stdout.includes("new service directory\n"), stdout);
});

liveTest("isolated: nothing that hermes plants is ever run by root", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  const env = { HERMES_SUPERVISION: "isolated", HERMES_DASHBOARD: "1" };
  {
    await using container = await bootContainer(home, { env });
    await untilStatus(container, "/run/hermes/service/gateway-coder/log", "up", ({ up }) => up);
    const roots = async () =>
      await Promise.all(ROOTS.map(async (name) => (await status(container, name)).pid));
    const before = await roots();
    for (const step of PLANT) await attack(container, step);
    // It is run, by hermes: else the test would not tell.
    // What was gentle has killed the inner s6-svscan, too: a planted down file keeps what is new down.
    const up = ["s6-svc", "-u", "/run/hermes/service/gateway-coder"];
    await untilWitnessed(home, HERMES.uid, PLANTED, () => container.exec(up, { user: "hermes" }));
    await container.sh("echo canary >/run/canary");
    for (const step of STORM) await attack(container, step);
    const { stdout } = await container.sh("cat /run/canary; head -n 1 /etc/passwd");
    assertEquals(stdout, "canary\nroot:x:0:0::/:/bin/sh\n", "written to by root");
    for (const service of ["dashboard", "gateways"]) await bringUp(container, service);
    await attack(container, "gentle");
    // What an operator might do as root.
    for (const hook of ["01-hermes-setup", "015-supervise-perms", "02-reconcile-profiles"]) {
      await container.exec([`/etc/cont-init.d/${hook}`]);
    }
    for (const command of ["list", "doctor", "sync", "status"]) {
      await container.exec(["timeout", "20", "/usr/local/bin/gatewayctl", command]);
    }
    assertEquals(await roots(), before, "root's services were ended");
    await assertNoRoot(container, home);
    await container.stop();
  }
  await using container = await bootContainer(home, { env });
  await untilStatus(container, "dashboard", "up", ({ up }) => up);
  await untilStatus(container, "gateways", "up", ({ up }) => up);
  await assertNoRoot(container, home);
  await container.stop();
  assertEquals(byOthers(await witnesses(home)), [], "run by another user");
});
