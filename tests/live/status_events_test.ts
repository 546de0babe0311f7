import { assert, assertEquals } from "@std/assert";
import { REPOSITORY, until } from "../container/container.ts";
import { ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, STOPPED, untilAllUp, untilUp } from "./_live.ts";
import { ask, bootStatus, Listener } from "./_status.ts";

liveTest("/events tells of a kill, a stop and what is gone within 2 s", async (boot, test) => {
  const { container, home, url } = await bootStatus(boot, {
    ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
  });
  await untilAllUp(container, "default", "coder");
  await using listener = await Listener.open(url);

  await test.step("first how every gateway is", async () => {
    const { event, data } = await listener.next(() => true);
    assertEquals(event, "gateways");
    const names = data.gateways.map(({ profile }: { profile: string }) => profile);
    assertEquals(names, ["default", "coder", "writer"]);
  });

  const within = async (
    what: string,
    act: () => Promise<unknown>,
    isIt: (data: Row) => boolean,
  ) => {
    const seen = listener.next(({ event, data }) => event === "gateway" && isIt(data));
    // What others are told is no news to them.
    const others = setInterval(() => void ask(`${url}/readyz`), 100);
    await act();
    const from = performance.now();
    await seen.finally(() => clearInterval(others));
    const ms = performance.now() - from;
    assert(ms < 2000, `${what}: ${Math.round(ms)} ms`);
  };
  type Row = { profile: string; state: string; pid: number | null };

  await test.step("a kill -9, and that it runs again", async () => {
    const pid = await untilUp(container, "coder");
    const died = ({ profile, pid: now }: Row) => profile === "coder" && now !== pid;
    await within("killed", () => container.sh(`kill -s KILL ${pid}`), died);
    await listener.next(({ event, data }) =>
      event === "gateway" && data.profile === "coder" && data.state === "running"
    );
  });

  await test.step("a stop", async () => {
    const stopped = ({ profile, state }: Row) => profile === "coder" && state === "stopped";
    await within("stopped", () => ctlOk(container, ["stop", "coder"]), stopped);
  });

  await test.step("a profile that is gone", async () => {
    const gone = listener.next(({ event, data }) => event === "gone" && data.profile === "writer");
    await ctlOk(container, ["unregister", "writer"]);
    await Deno.remove(home.dir("writer"), { recursive: true });
    await gone;
  });

  await test.step("all of it anew each five seconds", async () => {
    const { data } = await listener.next(({ event }) => event === "gateways");
    assertEquals(data.gateways.length, 2);
  });
});

liveTest("while nobody asks, nobody looks", async (boot) => {
  const { container, url } = await bootStatus(boot, { default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "default", "coder");
  // Its CPU time, and that of each look that has ended.
  const used = async () => {
    const { stdout } = await container.sh(
      "for p in $(pgrep -f /tasks/status.js); do cut -d ' ' -f 14-17 /proc/$p/stat; done",
    );
    return stdout.trim().split(/\s+/).map(Number).reduce((a, b) => a + b);
  };
  const settled = () =>
    until("it rests", async () => {
      const before = await used();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      return await used() - before <= 1;
    }, 30_000);
  await settled();
  {
    await using listener = await Listener.open(url);
    const before = await used();
    await listener.next(() => true);
    await until("somebody looks", async () => await used() > before, 15_000);
  }
  await settled();
});

liveTest("however many ask, it is looked once a second at most", async (boot) => {
  // A look that notes each time, and how many directories it was given.
  const dir = await Deno.makeTempDir();
  const look = `${dir}/look`;
  const original = await Deno.readTextFile(`${REPOSITORY}/rootfs/opt/hermes-boot/libexec/look`);
  await Deno.writeTextFile(look, original.replace("\n", "\necho $# >>/tmp/looks\n"));
  await Deno.chmod(look, 0o755);
  const { container, url } = await bootStatus(boot, { default: RUNNING }, {
    mounts: { "/opt/hermes-boot/libexec/look": look },
  });
  await untilAllUp(container, "default");
  await container.sh("rm -f /tmp/looks");
  const paths = ["/livez", "/readyz", "/metrics", "/api/v1/gateways", "/api/v1/gateways/default"];
  await using _ = await Listener.open(url);
  const from = performance.now();
  let answers = 0;
  const worker = async (path: string) => {
    while (performance.now() - from < 4000) if ((await ask(url + path))[0] === 200) answers++;
  };
  await Promise.all([...paths, ...paths, ...paths].map(worker));
  const { stdout } = await container.sh("cat /tmp/looks");
  const count = (what: string) => stdout.split("\n").filter((line) => line === what).length;
  assert(answers > 300, `${answers} answers`);
  for (const what of ["0", "2"]) {
    const looks = count(what);
    assert(looks >= 3 && looks <= 6, `${looks} looks with ${what} directories`);
  }
  await Deno.remove(dir, { recursive: true });
});
