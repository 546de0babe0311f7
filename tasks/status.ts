import { errorWords, survivable } from "../lib/_errors.ts";
import { type Facts, readFacts } from "../lib/rules/facts.ts";
import { isAddress, isLoopback, parseHosts } from "../lib/status/hosts.ts";
import { ASSETS } from "../lib/status/routes.ts";
import { makeToken, type Token } from "../lib/status/token.ts";
import { runProgram, SettingError } from "./_cli.ts";
import { FACTS_HELP } from "./_facts.ts";
import { Gatherer } from "./_status/gatherer.ts";
import { serveForever } from "./_status/listen.ts";
import { Pulse } from "./_status/pulse.ts";
import { type ServerOptions, StatusServer } from "./_status/server.ts";

const name = "status";
const help = `
Usage: status.ts [--facts FILE] [--token] [--host ADDRESS] [--port PORT]

Shows the gateways over HTTP: a page, an API, probes for an engine and metrics
for Prometheus. It changes nothing, and does not end by itself.

  --host ADDRESS   where to listen: an IP address or localhost (127.0.0.1)
  --port PORT      and at which port (9118)
  --token          standard input has what opens the page and the API
${FACTS_HELP}
  --help           this text

Exit code: 1 it cannot go on; 2 wrong arguments or settings.
`;

const PAGE = new URL("../status/", import.meta.url);
// No import, and so a file of its own in the image, too.
const WORKER = new URL(`_status/worker${import.meta.url.slice(-3)}`, import.meta.url);

const inform = (message: string) => console.log(`${name}: info: ${message}`);
const warn = (message: string) => console.error(`${name}: warning: ${message}`);

function readFiles(): Map<string, string> {
  const names = ["index.html", "login.html", ...ASSETS];
  return new Map(names.map((name) => [name, Deno.readTextFileSync(new URL(name, PAGE))]));
}

async function readToken(): Promise<Token> {
  try {
    return await makeToken(await new Response(Deno.stdin.readable).text());
  } catch (error) {
    throw new SettingError(`HERMES_STATUS_TOKEN_FILE: ${errorWords(survivable(error))}`);
  }
}

function hostsOf({ env }: Facts): ReadonlySet<string> {
  const hosts = parseHosts(env("HERMES_STATUS_ALLOWED_HOSTS") ?? "");
  if (hosts !== undefined) return hosts;
  throw new SettingError("HERMES_STATUS_ALLOWED_HOSTS: expected host names with commas between");
}

/** Serves for as long as the process lives. */
async function serve(options: ServerOptions, hostname: string, port: number): Promise<never> {
  const server = new StatusServer(options);
  const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/`;
  const closed = options.isLocal || options.token !== undefined
    ? ""
    : "; the page and the API are shut: they need HERMES_STATUS_TOKEN_FILE here";
  try {
    return await serveForever({
      ...{ hostname, port },
      onListen: () => inform(`listening at ${url}${closed}`),
      onBreak: (why) => warn(`all connections are closed: ${why}`),
    }, (request, caller) => server.handle(request, caller));
  } catch (error) {
    const words = `cannot listen at ${url}: ${errorWords(survivable(error))}`;
    throw error instanceof Deno.errors.AddrInUse ? new Error(words) : new SettingError(words);
  }
}

const values = ["facts", "host", "port"];
await runProgram({ name, help, flags: ["token"], values }, async ({ flags, values }) => {
  const factsFile = values.get("facts");
  const container = readFacts(factsFile);
  const host = values.get("host") ?? "127.0.0.1";
  if (!isAddress(host)) {
    throw new SettingError(`HERMES_STATUS_HOST: expected an IP address, got ${host}`);
  }
  const token = flags.has("token") ? await readToken() : undefined;
  using gatherer = new Gatherer(WORKER, factsFile);
  await serve(
    {
      ...{ gatherer, token, pulse: new Pulse(container.scandir), files: readFiles() },
      ...{ isLocal: isLoopback(host), hosts: hostsOf(container) },
    },
    host,
    Number(values.get("port") ?? 9118),
  );
  return 1;
});
