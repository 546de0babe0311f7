import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Container } from "../container/container.ts";
import { Home, liveTest, untilStatus } from "../live/_live.ts";
import { runSync } from "../_temp.ts";

const RUNNING = { state: { desired_state: "running" } };

/** Makes root's own files at /etc/canary, as tempting as what the symlinks stand for. */
const PLANT = `umask 077
mkdir -p /etc/canary/gateways/coder /etc/canary/profiles/outside/state /etc/canary/gateways/outside
cd /etc/canary
for file in env profiles/outside/SOUL.md profiles/outside/.env profiles/outside/gateway.pid \\
  container-boot.log gateways/coder/lock gateways/coder/current gateways/outside/lock; do
  echo secret >$file
done
echo '{"desired_state":"running"}' >profiles/outside/gateway_state.json
echo '{"desired_state":"running"}' >state.json`;

// The time of access shows a read: nothing has read these files since they were written.
const LOOK = "find /etc/canary ! -type d -printf '%p %m %U:%G %s %T@ %C@ %A@\\n' -o " +
  "-printf '%p %m %U:%G %T@ %C@\\n' | sort";

/** Symlinks that a volume may have kept from a previous life, and where they lead. */
const VOLUMES: readonly [what: string, links: Readonly<Record<string, string>>][] = [
  ["logs and profiles", { "logs": "/etc/canary", "profiles": "/etc/canary/profiles" }],
  ["logs/gateways", { "logs/gateways": "/etc/canary/gateways" }],
  ["logs/gateways/coder, the boot log, a profile and the files of profiles", {
    "logs/gateways/coder": "/etc/canary/gateways/coder",
    "logs/container-boot.log": "/etc/canary/container-boot.log",
    "logs/container-boot.log.1": "/etc/canary/container-boot.log",
    "profiles/outside": "/etc/canary/profiles/outside",
    "profiles/coder/gateway_state.json": "/etc/canary/state.json",
    "profiles/coder/.env": "/etc/canary/env",
    "profiles/coder/gateway.pid": "/etc/canary/env",
    "profiles/coder/state": "/etc/canary/profiles/outside/state",
    "gateway_state.json": "/etc/canary/state.json",
    ".env": "/etc/canary/env",
    "gateway.pid": "/etc/canary/env",
    "state": "/etc/canary/profiles/outside/state",
  }],
];

/** Replaces what is at some paths of a home by symlinks of hermes's. */
async function plantLinks(home: Home, links: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, target] of Object.entries(links)) {
    const at = `${home.path}/${path}`;
    await Deno.remove(at, { recursive: true }).catch(() => {});
    runSync("mkdir", "-p", at.slice(0, at.lastIndexOf("/")));
    await Deno.symlink(target, at);
  }
  runSync("chown", "-hR", "10000:10000", home.path);
}

for (const [what, links] of VOLUMES) {
  liveTest(
    `a boot neither reads nor changes root's files through symlinks at ${what}`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING });
      await plantLinks(home, links);
      await using container = await Container.start({ data: home.path });
      assertEquals((await container.sh(PLANT)).code, 0);
      const before = (await container.sh(LOOK)).stdout;
      assert(before.includes("/etc/canary/state.json"));
      const booted = await container.boot();
      assertEquals(booted.get("02-reconcile-profiles")?.code, 0);
      await untilStatus(container, "gateway-default", "supervised", () => true);
      await untilStatus(
        container,
        "gateway-default/log",
        "started once",
        ({ pid, exitCode }) => pid > 0 || exitCode >= 0,
      );
      await container.sh(
        "s6-svc -r /run/service/gateway-default; s6-svc -r /run/service/dashboard",
      );
      await container.boot();
      const after = (await container.sh(LOOK)).stdout;
      assertEquals(after, before);
      await container.sh("cat /etc/canary/env");
      assertNotEquals((await container.sh(LOOK)).stdout, before, "a read does not show");
      const { stdout } = await container.sh("ls -d /run/service/gateway-*");
      assert(!stdout.includes("outside"), "a profile outside the volume has a slot");
    },
  );
}
