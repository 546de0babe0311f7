import { assert, assertEquals } from "@std/assert";
import { type ContainerOptions, until } from "../container/container.ts";
import { bootContainer, HERMES, Home, liveTest, RUNNING, THREE } from "./_live.ts";

/** Where the slots are: without the capabilities of THREE supervision is isolated. */
function scandirOf({ capabilities }: Omit<ContainerOptions, "data">): string {
  return capabilities === undefined ? "/run/service" : "/run/hermes/service";
}

const LEAN: readonly (readonly [string, Omit<ContainerOptions, "data">])[] = [
  ["only SETUID, SETGID and CHOWN", { capabilities: THREE }],
  ["a read-only root file system", { readOnly: true }],
  ["a hermes that is remapped to 99:100", { hermes: { uid: 99, gid: 100 } }],
  ["all of these at once", {
    capabilities: THREE,
    readOnly: true,
    hermes: { uid: 99, gid: 100 },
  }],
];

for (const [what, options] of LEAN) {
  liveTest(`a boot works with ${what}`, async (boot) => {
    const owner = options.hermes ?? HERMES;
    const { container } = await boot({ default: RUNNING, coder: RUNNING, writer: {} }, {
      owner,
      ...options,
    });
    const scandir = scandirOf(options);
    for (const profile of ["default", "coder"]) {
      const slot = `${scandir}/gateway-${profile}`;
      for (const dir of [slot, `${slot}/log`]) {
        const uid = await until(`${dir} runs as hermes`, async () => {
          const { stdout } = await container.sh(
            `pid=$(s6-svstat -o pid ${dir}) && stat -c %u /proc/$pid`,
            { user: "hermes" },
          );
          return stdout.trim() === String(owner.uid) && stdout.trim();
        }, 30_000);
        assertEquals(uid, String(owner.uid));
      }
      const down = await container.exec(["s6-svc", "-wD", "-T20000", "-d", slot], {
        user: "hermes",
      });
      assertEquals(down.code, 0, down.stderr);
    }
    // Isolated or not: nobody has asked for a line between hermes and root here.
    const waited = await container.exec(["s6-svwait", "-d", "-t20000", "/run/service/dashboard"], {
      user: "hermes",
    });
    assertEquals(waited.code, 0, waited.stderr);
    const { stdout } = await container.sh(`s6-svstat -o up ${scandir}/gateway-writer`);
    assertEquals(stdout, "false\n");
  });
}

liveTest("a boot brings 300 profiles up", async () => {
  const names = Array.from({ length: 300 }, (_, index) => `p${index}`);
  await using home = await Home.make(
    Object.fromEntries(names.map((name) => [name, RUNNING])),
  );
  await using container = await bootContainer(home);
  const up = await until("300 gateways are up", async () => {
    const { stdout } = await container.sh(
      "cd /run/service && for slot in gateway-p*; do s6-svstat -o up $slot; done | grep -c true",
    );
    return Number(stdout) === 300 && Number(stdout);
  }, 120_000);
  assertEquals(up, 300);
  const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
  assert(log.split("\n").filter((line) => line.includes("action=started")).length === 300);
});
