import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import fc from "fast-check";
import { until } from "../container/until.ts";
import { encode } from "../_temp.ts";
import { FILES, TOKEN } from "../tasks/_status.ts";

const REQUESTS = 10_000;
const SERVER = fromFileUrl(new URL("_status_server.ts", import.meta.url));
/** So many files the server may have open. */
const MOST_FILES = 256;

/** What only who has the token may see. */
const SECRETS = [TOKEN, '"profile"', FILES.get("index.html")!];

const junk = fc.string({ unit: "binary", maxLength: 40 });
const line = junk.map((text) => text.replace(/[\r\n]/g, ""));
const word = fc.stringMatching(/^[!-~]{1,20}$/);
const method = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("GET", "HEAD", "POST") },
  { weight: 1, arbitrary: fc.constantFrom("PUT", "OPTIONS", "CONNECT", "TRACE", "get", "PRI") },
  { weight: 1, arbitrary: fc.oneof(word, line) },
);
const known = fc.constantFrom(
  ...["/", "/livez", "/readyz", "/metrics", "/events", "/login", "/page.js", "/page.css"],
  ...["/api/v1/gateways", "/api/v1/gateways/coder"],
);
const path = fc.oneof(
  { weight: 4, arbitrary: known },
  { weight: 1, arbitrary: fc.tuple(known, word).map((parts) => parts.join("?")) },
  { weight: 1, arbitrary: word.map((text) => `/api/v1/gateways/${text}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        "*",
        "//",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "http://evil.example/",
        "/\\",
      ],
      ...["/login.html", "/index.html", "/status.ts", "/page.js/", `/${"x".repeat(70_000)}`],
    ),
  },
  { weight: 1, arbitrary: fc.oneof(line, word) },
);
const header = fc.oneof(
  fc.constantFrom("Host: nas.lan", "Host: evil.example", "Host: 127.0.0.1", "Host:", "Host: [::1"),
  fc.constantFrom(
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
  ),
  fc.constantFrom("Transfer-Encoding: chunked", "Transfer-Encoding: x", "Expect: 100-continue"),
  fc.constantFrom("Upgrade: websocket", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"),
  fc.constantFrom("Authorization: Bearer", "Authorization: Basic eDp4", "Cookie: hermes_status=x"),
  fc.constantFrom(
    "Accept-Encoding: gzip",
    "Accept: application/openmetrics-text",
    "Range: bytes=0-",
  ),
  fc.tuple(fc.constantFrom("Authorization: Bearer ", "Cookie: ", "If-None-Match: ", "X: "), line)
    .map((parts) => parts.join("")),
  fc.tuple(word, line).map(([name, value]) => `${name}: ${value}`),
  fc.constant(`X: ${"y".repeat(20_000)}`),
  line,
);
const request = fc.record({
  method,
  path,
  version: fc.oneof(
    { weight: 9, arbitrary: fc.constant("HTTP/1.1") },
    { weight: 1, arbitrary: fc.oneof(fc.constantFrom("HTTP/1.0", "HTTP/2", "HTTP/9.9", ""), line) },
  ),
  host: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("Host: 127.0.0.1", "Host: nas.lan") },
    { weight: 1, arbitrary: header },
  ),
  headers: fc.array(header, { maxLength: 4 }),
  body: fc.oneof({ weight: 3, arbitrary: fc.constant("") }, {
    weight: 1,
    arbitrary: fc.oneof(junk, fc.constantFrom("token=x", "5\r\nhello\r\n0\r\n\r\n", "ZZ\r\n")),
  }),
  /** Where the sender stops for a while. */
  pause: fc.option(fc.nat(60), { freq: 20 }),
});

/** Sends a request, and reads until the server closes or says nothing more. */
async function send(port: number, text: string, pause: number | null): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = encode(text);
  let received = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 16);
  const read = async () => {
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) return;
      received += decoder.decode(buffer.subarray(0, length), { stream: true });
    }
  };
  // A connection that is kept, or waits for the rest of a request, says nothing more.
  const quiet = new Promise<void>((resolve) => setTimeout(resolve, pause === null ? 40 : 80));
  try {
    const reading = read().catch(() => {});
    await connection.write(bytes.subarray(0, pause ?? undefined));
    if (pause !== null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await connection.write(bytes.subarray(pause));
    }
    await Promise.race([reading, quiet]);
  } catch (error) {
    // It had read enough.
    const isClosed = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.ConnectionReset;
    if (!isClosed) throw error;
  }
  return received;
}

/** A server in a process of its own. */
class Server implements AsyncDisposable {
  readonly port: number;
  readonly #process: Deno.ChildProcess;
  said = "";

  constructor() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = listener.addr.port;
    const run = `ulimit -n ${MOST_FILES}; exec "$@" 2>&1`;
    const args = ["run", "--no-prompt", "--quiet", `--allow-net=127.0.0.1:${this.port}`, SERVER];
    this.#process = new Deno.Command("sh", {
      args: ["-c", run, "sh", Deno.execPath(), ...args, String(this.port)],
      stdout: "piped",
    }).spawn();
    this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      this.said += text;
    }
  }

  /** How many files it has open, and its resident memory in bytes. */
  usage(): { files: number; bytes: number } {
    const dir = `/proc/${this.#process.pid}`;
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`${dir}/status`)) ?? [];
    return { files: [...Deno.readDirSync(`${dir}/fd`)].length, bytes: Number(kib) * 1024 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

Deno.test("whatever is sent, status answers or closes, gives nothing away, and lives on", async () => {
  await using server = new Server();
  await until("it listens", () => server.said.includes("listening"));
  const seed = Math.floor(Math.random() * 2 ** 31);
  const requests = fc.sample(request, { numRuns: REQUESTS, seed });
  let before = server.usage();
  const statuses = new Map<string, number>();
  const worker = async () => {
    for (let one = requests.pop(); one !== undefined; one = requests.pop()) {
      const { method, path, version, host, headers, body, pause } = one;
      const text = `${
        [`${method} ${path} ${version}`, host, ...headers].join("\r\n")
      }\r\n\r\n${body}`;
      const answer = await send(server.port, text, pause);
      const what = `seed ${seed}: ${JSON.stringify(text.slice(0, 300))}`;
      if (answer !== "") assertMatch(answer, /^HTTP\/1\.[01] \d{3} /, what);
      for (const secret of SECRETS) assert(!answer.includes(secret), what);
      const status = answer.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (requests.length === REQUESTS - 2000) before = server.usage();
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  assertEquals(server.said.replace(/^broken: .*\n/gm, ""), "listening\n");
  const known = ["", "100", "200", "303", "304", "400", "401", "403", "404", "405", "413", "421"];
  const others = [...statuses.keys()].filter((status) => !known.includes(status));
  assertEquals(others.filter((status) => !["414", "431", "501", "505"].includes(status)), []);
  for (const status of ["200", "303", "400", "401", "404", "405", "421"]) {
    assert((statuses.get(status) ?? 0) > 20, `${status}: ${statuses.get(status)}`);
  }
  await until("it has closed what was sent to it", () => server.usage().files < 40, 20_000);
  const after = server.usage();
  assert(after.bytes < before.bytes + 32 * 2 ** 20, `${before.bytes}, then ${after.bytes} bytes`);
});

Deno.test("connections that say nothing do not keep others out for long", async () => {
  await using server = new Server();
  await until("it listens", () => server.said.includes("listening"));
  const held: Deno.TcpConn[] = [];
  try {
    await until("there is no place for one more", async () => {
      const one = await Deno.connect({ hostname: "127.0.0.1", port: server.port }).catch(() => {});
      if (one === undefined) return server.said.includes("broken");
      held.push(one);
      await one.write(encode("GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: "));
      return server.said.includes("broken");
    }, 60_000);
    assert(held.length > MOST_FILES / 2);
    await until("it answers", async () => {
      const response = await fetch(`http://127.0.0.1:${server.port}/livez`).catch(() => {});
      return response !== undefined && await response.text() === "live\n";
    });
    assertMatch(server.said, /^listening\nbroken: Too many open files\n$/);
  } finally {
    for (const one of held) one.close();
  }
});
