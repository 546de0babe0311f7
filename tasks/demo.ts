import { Container, until } from "../tests/container/container.ts";
import { runProgram } from "./_cli.ts";
import { table } from "./_table.ts";

const name = "demo";
const help = `
Usage: deno task demo

Boots a throw-away container twice on one throw-away Hermes home, without a
container engine: private namespaces, a real s6-svscan as PID 1, the shipped
cont-init.d hooks with their real permission flags, and a stub hermes. As root
it shows real user IDs; an ordinary user plays hermes. Everything is removed at
the end, also on Ctrl-C.

It needs Linux, unshare(1) and nsenter(1); s6 is fetched with apt-get into
.cache/ where it is not installed.
`;

/** The profiles on the demo's volume: what is in gateway_state.json, and what it stands for. */
const PROFILES: readonly (readonly [path: string, state: string | undefined])[] = [
  [".", '{"desired_state":"running"}'],
  ["profiles/coder", '{"desired_state":"running"}'],
  ["profiles/writer", '{"desired_state":"stopped"}'],
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
  registered: boolean;
  up: boolean;
  pid: number | null;
}

/** What is shown of a gateway beside what the boot did. */
interface Shown {
  status: string;
  user: string;
}

async function list(container: Container): Promise<Gateway[]> {
  return JSON.parse((await container.exec(["gatewayctl", "list", "--json"])).stdout).gateways;
}

async function userOf(container: Container, { pid }: Gateway): Promise<string> {
  return (await container.exec(["stat", "-c", "%U", `/proc/${pid}`])).stdout.trim();
}

/** Asks until the started gateways are up; `undefined` while a run script has not become hermes yet. */
async function show(
  container: Container,
  started: readonly string[],
): Promise<Map<string, Shown> | undefined> {
  const shown = new Map<string, Shown>();
  for (const gateway of await list(container)) {
    if (!gateway.registered) continue;
    const user = gateway.up ? await userOf(container, gateway) : "-";
    if (user === "root") return undefined;
    shown.set(gateway.profile, { user, status: gateway.up ? `up, pid ${gateway.pid}` : "down" });
  }
  return started.every((profile) => shown.get(profile)?.status !== "down") ? shown : undefined;
}

async function boot(container: Container): Promise<void> {
  let stdout = "";
  for (const [hook, result] of await container.boot()) {
    console.log(`$ /etc/cont-init.d/${hook}   # exit ${result.code}`);
    console.log((result.stdout + result.stderr).replace(/^/gm, "  ").trimEnd());
    if (hook.startsWith("02")) stdout = result.stdout;
  }
  const actions = [...stdout.matchAll(/profile=(\S+) prior_state=(\S+) action=(\S+)/g)];
  const started = actions.filter(([, , , action]) => action === "started")
    .map(([, profile = ""]) => profile);
  const shown = await until("the started gateways", () => show(container, started));
  const rows = actions.map(([, profile = "", prior = "", action = ""]) => {
    const { status, user } = action === "skipped"
      ? { status: "-", user: "-" }
      : shown.get(profile) ?? { status: "no slot", user: "-" };
    return [profile, prior, action, status, user];
  });
  console.log("\n" + table([["PROFILE", "PRIOR STATE", "ACTION", "S6-SVSTAT", "USER"], ...rows]));
}

async function demo(signal: AbortSignal): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "hermes-demo-" });
  try {
    await makeHome(data);
    for (const title of ["First boot", "Second boot: same home, a fresh /run"]) {
      console.log(`\n== ${title}\n`);
      await using container = await Container.start({
        data,
        env: { HERMES_HOME: "/opt/data" },
        progress: (message) => console.error(`${name}: info: ${message}`),
      });
      signal.throwIfAborted();
      await boot(container);
      await container.stop();
      signal.throwIfAborted();
    }
    console.log(
      "\nWho was running came back as hermes; who was not is down until gatewayctl starts it.\n" +
        "Why each profile is where it is stands in logs/container-boot.log on the volume.",
    );
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
