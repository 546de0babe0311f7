import { assertEquals } from "@std/assert";
import { type ContainerOptions, until } from "../container/container.ts";
import { HERMES, liveTest, RUNNING, type Scene, THREE, tryAsHermes } from "./_live.ts";

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
        await until(`${dir} runs as hermes`, async () => {
          const { stdout } = await container.sh(
            `pid=$(s6-svstat -o pid ${dir}) && stat -c %u /proc/$pid`,
            { user: "hermes" },
          );
          return stdout.trim() === String(owner.uid);
        }, 30_000);
      }
      await tryAsHermes(container, [["s6-svc", "-wD", "-T20000", "-d", slot]]);
    }
    // Isolated or not: nobody has asked for a line between hermes and root here.
    await tryAsHermes(container, [["s6-svwait", "-d", "-t20000", "/run/service/dashboard"]]);
    const { stdout } = await container.sh(`s6-svstat -o up ${scandir}/gateway-writer`, {
      user: "hermes",
    });
    assertEquals(stdout, "false\n");
  });
}

/** Profiles that are all the same. */
function many(count: number, scene: Scene): Record<string, Scene> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, scene]));
}

liveTest("a boot brings 300 profiles up", async (boot) => {
  const { container, home } = await boot(many(300, RUNNING));
  await until("300 gateways are up", async () => {
    const { stdout } = await container.sh(
      "cd /run/service && for slot in gateway-p*; do s6-svstat -o up $slot; done | grep -c true",
    );
    return Number(stdout) === 300;
  }, 120_000);
  const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
  assertEquals(log.match(/action=started/g)?.length, 300);
});
