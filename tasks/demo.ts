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

/**
 * Asks as hermes: prints SLOT, up|down, PID and the process's user, a line each.
 * Fails while a run script has not become hermes yet.
 */
const ASK = `cd /run/service
for slot in gateway-*; do
  set -- $(s6-svstat -o up,pid "$slot") || exit
  user=-
  [ "$1" = false ] || user=$(stat -c %U "/proc/$2")
  [ "$1" = false ] || [ "$user" = "$(id -un)" ] || exit 1
  echo "$slot $1 $2 $user"
done`;

async function boot(container: Container): Promise<void> {
  let stdout = "";
  for (const [hook, result] of await container.boot()) {
    console.log(`$ /etc/cont-init.d/${hook}   # exit ${result.code}`);
    console.log((result.stdout + result.stderr).replace(/^/gm, "  ").trimEnd());
    if (hook.startsWith("02")) stdout = result.stdout;
  }
  const actions = [...stdout.matchAll(/profile=(\S+) prior_state=(\S+) action=(\S+)/g)];
  const started = actions.filter(([, , , action]) => action === "started");
  const statuses = await until("the started gateways", async () => {
    const { code, stdout } = await container.sh(ASK, { user: "hermes" });
    const slots = new Map(
      stdout.trim().split("\n").map((line) => line.split(" ")).map((
        [slot, ...rest],
      ) => [slot, rest]),
    );
    const up = started.every(([, profile]) => slots.get(`gateway-${profile}`)?.[0] === "true");
    return code === 0 && up && slots;
  });
  const rows = actions.map(([, profile = "", prior = "", action = ""]) => {
    const [up, pid = "", user = ""] = statuses.get(`gateway-${profile}`) ?? [];
    const now = up === undefined ? "no slot" : up === "true" ? `up, pid ${pid}` : "down";
    return [
      profile,
      prior,
      action,
      action === "skipped" ? "-" : now,
      action === "started" ? user : "-",
    ];
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
      "\nWho was running came back as hermes; who was not is down and waits for s6-svc -u.\n" +
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
