import { assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ISOLATED_SCANDIR } from "../../lib/s6/places.ts";
import { KINDS, manageWithS6 } from "./_command.ts";
import {
  type Home,
  liveTest,
  RUNNING,
  startContainer,
  status,
  STOPPED,
  untilStatus,
} from "./_live.ts";

type User = "root" | "hermes";

/** Runs hermes as an operator does, found on PATH. */
function hermes(container: Container, user: User, ...args: string[]) {
  return container.exec(["hermes", ...args], { user, env: { HERMES_HOME: "/opt/data" } });
}

async function untilUp(container: Container, slot: string, not = -1): Promise<number> {
  return (await untilStatus(container, slot, "up", ({ up, pid }) => up && pid !== not)).pid;
}

async function desired(home: Home, profile: string): Promise<string> {
  return JSON.parse(await Deno.readTextFile(`${home.dir(profile)}/gateway_state.json`))
    .desired_state;
}

/** What root has left in the home. */
async function rootsFiles(container: Container): Promise<string> {
  return (await container.sh("find /opt/data -user root")).stdout;
}

for (const [kind, scandir, options] of KINDS) {
  liveTest(
    `with ${kind} hermes's gateway commands work, for root and hermes, and a second boot brings back what was up`,
    async (boot) => {
      const scene = { state: STOPPED.state, stub: "upstream" };
      const { container, home } = await boot({ default: scene, coder: scene, writer: RUNNING }, {
        ...options,
        hooks: false,
      });
      if (scandir !== ISOLATED_SCANDIR) await manageWithS6(container);
      await container.boot();
      for (const user of ["root", "hermes"] as const) {
        for (const [profile, ...option] of [["default"], ["coder", "-p", "coder"]] as const) {
          const slot = `${scandir}/gateway-${profile}`;
          const run = async (verb: string) => {
            const { code, stdout, stderr } = await hermes(
              container,
              user,
              ...option,
              "gateway",
              verb,
            );
            assertEquals([code, stderr], [0, ""], `${user} ${verb} ${stdout}`);
            return stdout;
          };
          await untilStatus(container, slot, "down", ({ up }) => !up);
          await run("start");
          const first = await untilUp(container, slot);
          assertEquals(await desired(home, profile), "running");
          await home.untilMinding(profile);
          await run("restart");
          const second = await untilUp(container, slot, first);
          assertEquals(await desired(home, profile), "running");
          const pidFile = `${home.dir(profile)}/gateway.pid`;
          await until("it minds its signals", async () => {
            return await Deno.readTextFile(pidFile).catch(() => "") === `${second}\n`;
          });
          assertMatch(await run("status"), new RegExp(`\\b${second}\\b`));
          await run("stop");
          await untilStatus(container, slot, "down", ({ up, wantedUp }) => !up && !wantedUp);
          assertEquals(await desired(home, profile), "stopped");
        }
      }
      assertEquals((await hermes(container, "root", "-p", "nobody", "gateway", "start")).code, 1);
      assertEquals((await hermes(container, "root", "-p", "coder", "gateway", "start")).code, 0);
      await untilUp(container, `${scandir}/gateway-coder`);
      assertEquals(await rootsFiles(container), "");
      await container.stop();
      await using next = await startContainer(home, options);
      await next.boot();
      for (const profile of ["coder", "writer"]) {
        await untilUp(next, `${scandir}/gateway-${profile}`);
      }
      assertEquals((await status(next, `${scandir}/gateway-default`)).wantedUp, false);
    },
  );
}

liveTest(
  "root's hermes writes as hermes, and as root where HERMES_NO_SHIM asks for it",
  async (boot) => {
    const { container, home } = await boot({});
    const install = `printf '#!/bin/sh\\n: >"$1"; id -u; echo "$HOME"\\n' >/usr/local/bin/hermes`;
    await container.sh(install);
    const write = (file: string, env: Record<string, string>) =>
      container.exec(["hermes", `/opt/data/${file}`], { env: { HOME: "/root", ...env } });
    assertEquals((await write("a", {})).stdout, "10000\n/opt/data\n");
    assertEquals((await write("b", { HERMES_NO_SHIM: "1" })).stdout, "0\n/root\n");
    assertEquals((await write("c", { HERMES_DOCKER_EXEC_AS_ROOT: "true" })).stdout, "0\n/root\n");
    assertEquals(
      (await write("d", { HERMES_DOCKER_EXEC_AS_ROOT: "on" })).stdout,
      "10000\n/opt/data\n",
    );
    const owners = ["a", "b", "c", "d"].map((file) => Deno.lstatSync(`${home.path}/${file}`).uid);
    assertEquals(owners, [10000, 0, 0, 10000]);
    const login = await container.sh(". /etc/profile.d/zz-hermes-boot.sh; command -v hermes", {
      env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    });
    assertEquals(login.stdout, "/opt/hermes-boot/bin/hermes\n");
  },
);

liveTest(
  "a gateway that restarts itself by hermes's command, and ends what it has started, comes back",
  async (boot) => {
    const env = { HERMES_SUPERVISION: "isolated" };
    const { container, home } = await boot({ coder: { ...RUNNING, stub: "agent" } }, { env });
    const slot = `${ISOLATED_SCANDIR}/gateway-coder`;
    const first = await untilUp(container, slot);
    await home.untilMinding("coder");
    await Deno.writeTextFile(`${home.dir("coder")}/stub.do`, "hermes gateway restart");
    await untilUp(container, slot, first);
    assertEquals(await desired(home, "coder"), "running");
  },
);
