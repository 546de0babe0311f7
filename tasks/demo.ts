import { Container, until } from "../tests/container/container.ts";
import { runProgram } from "./_cli.ts";

const name = "demo";
const help = `
Usage: deno task demo

Starts a throw-away container twice on one throw-away Hermes home, without a
container engine: private namespaces, a real s6-svscan as PID 1, the shipped
cont-init.d hooks with their real permission flags, and a stub hermes. Then it
asks gatewayctl who runs and why others do not, and starts one. As root it
shows real user IDs; an ordinary user plays hermes. Everything is removed at the
end, also on Ctrl-C.

It needs Linux, unshare(1) and nsenter(1); s6 is fetched with apt-get into
.cache/ where it is not installed.
`;

/** One that an operator has stopped. */
const STOPPED = "writer";

/** One whose configuration is wrong. */
const BROKEN = "broken";

/** The profiles on the demo's volume: what is in gateway_state.json, and what it stands for. */
const PROFILES: readonly (readonly [path: string, state: string | undefined])[] = [
  [".", '{"desired_state":"running"}'],
  ["profiles/coder", '{"desired_state":"running"}'],
  [`profiles/${STOPPED}`, '{"desired_state":"stopped"}'],
  [`profiles/${BROKEN}`, '{"desired_state":"running"}'],
  ["profiles/crashed", '{"gateway_state":"draining"}'],
  ["profiles/corrupt", '{"desired_state":"runn'],
  ["profiles/fresh", undefined],
  ["profiles/My Bot", '{"desired_state":"running"}'],
  ["profiles/default", '{"desired_state":"running"}'],
];

async function makeHome(home: string): Promise<void> {
  for (const [path, state] of PROFILES) {
    await Deno.mkdir(`${home}/${path}`, { recursive: true });
    await Deno.writeTextFile(`${home}/${path}/SOUL.md`, "");
    if (state !== undefined) {
      await Deno.writeTextFile(`${home}/${path}/gateway_state.json`, state);
    }
  }
  await Deno.writeTextFile(`${home}/profiles/${BROKEN}/stub`, "exit 78\n");
  // A life that ended with its namespace: the PID file is stale.
  await Deno.mkdir(`${home}/profiles/crashed/state`);
  const lifecycle = '{"phase":"running"}';
  await Deno.writeTextFile(`${home}/profiles/crashed/state/gateway.lifecycle.json`, lifecycle);
  await Deno.writeTextFile(`${home}/profiles/crashed/gateway.pid`, "4711");
  await Deno.chmod(home, 0o755);
  if (Deno.uid() === 0) {
    await new Deno.Command("chown", { args: ["-R", "10000:10000", home] }).output();
  }
}

/** A gateway as `gatewayctl list --json` has it. */
interface Gateway {
  profile: string;
  state: string;
  registered: boolean;
  supervised: boolean;
  up: boolean;
  wantedUp: boolean;
}

async function list(container: Container): Promise<Gateway[]> {
  return JSON.parse((await container.exec(["gatewayctl", "list", "--json"])).stdout).gateways;
}

/** Waits until s6 has started what it is to start, and given up what cannot run. */
function untilSettled(container: Container): Promise<Gateway[]> {
  return until("the gateways have settled", async () => {
    const gateways = (await list(container)).filter(({ registered }) => registered);
    const isSettled = gateways.every(({ profile, state, supervised, up, wantedUp }) =>
      supervised && up === wantedUp && (profile !== BROKEN || state === "failed")
    );
    return isSettled && gateways.length > 0 ? gateways : undefined;
  });
}

function show(command: string, output: string): void {
  console.log(`$ ${command}\n${output.trimEnd().replace(/^/gm, "  ")}\n`);
}

/** Runs gatewayctl and shows what it prints. */
async function gatewayctl(container: Container, ...args: string[]): Promise<void> {
  const { stdout, stderr } = await container.exec(["gatewayctl", ...args]);
  show(["gatewayctl", ...args].join(" "), stdout + stderr);
}

/** The first start: what the hooks say. */
async function firstStart(container: Container): Promise<void> {
  for (const [hook, { code, stdout, stderr }] of await container.boot()) {
    show(`/etc/cont-init.d/${hook}   # exit ${code}`, stdout + stderr);
  }
  await untilSettled(container);
}

/** The second one, and what an operator does then. */
async function secondStart(container: Container): Promise<void> {
  await container.boot();
  await untilSettled(container);
  await gatewayctl(container, "list");
  await gatewayctl(container, "why");
  await gatewayctl(container, "why", BROKEN);
  await gatewayctl(container, "start", STOPPED);
  await gatewayctl(container, "logs", STOPPED, "coder", "-n", "2");
}

const NEXT =
  `Who was running came back, as hermes. Who was stopped stays stopped until gatewayctl starts it.

Next, with Docker, the same in an image:
  docker build -t hermes-demo --target demo .
  docker run -d --name hermes-demo hermes-demo
  docker exec hermes-demo gatewayctl list
README.md goes on from there: "Quick start", then "Put it into your image".`;

async function demo(signal: AbortSignal): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "hermes-demo-" });
  try {
    await makeHome(data);
    const starts = [
      ["First start: each profile gets a service", firstStart],
      ["Second start: the same volume, but all processes and all of /run are gone", secondStart],
    ] as const;
    for (const [title, act] of starts) {
      console.log(`\n== ${title}\n`);
      await using container = await Container.start({
        data,
        env: { HERMES_HOME: "/opt/data" },
        progress: (message) => console.error(`${name}: info: ${message}`),
      });
      signal.throwIfAborted();
      await act(container);
      await container.stop();
      signal.throwIfAborted();
    }
    console.log(NEXT);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

await runProgram({ name, help }, async () => {
  const abort = new AbortController();
  Deno.addSignalListener("SIGINT", () => abort.abort());
  Deno.addSignalListener("SIGTERM", () => abort.abort());
  try {
    await demo(abort.signal);
    return 0;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    console.error(`${name}: info: interrupted; everything is removed`);
    return 130;
  }
});
