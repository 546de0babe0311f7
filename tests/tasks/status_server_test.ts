import { assert, assertEquals, assertMatch } from "@std/assert";
import { SECURITY_HEADERS } from "../../lib/status/headers.ts";
import { makeToken } from "../../lib/status/token.ts";
import { NoAnswerError } from "../../tasks/_status/gatherer.ts";
import type { StatusServer } from "../../tasks/_status/server.ts";
import { ANSWERS, type Changes, makeServer, request, TOKEN } from "./_status.ts";

const PROBES = ["/livez", "/readyz", "/metrics"];
const GUARDED = ["/", "/api/v1/gateways", "/api/v1/gateways/coder", "/events"];
const STATIC = ["/login", "/page.css", "/page.js"];

/** Asks; returns the status. A stream is left. */
async function status(server: StatusServer, path: string, init = {}): Promise<number> {
  const response = await server.handle(request(path, init), "10.0.0.1");
  await response.body?.cancel();
  return response.status;
}

/** The status of each path. */
async function all(server: StatusServer, paths: readonly string[], init = {}): Promise<number[]> {
  return await Promise.all(paths.map((path) => status(server, path, init)));
}

const open = async (changes: Changes = {}) =>
  makeServer({ isLocal: false, token: await makeToken(TOKEN), ...changes });
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

Deno.test("on this machine everything answers without a token", async () => {
  assertEquals(await all(makeServer(), [...PROBES, ...GUARDED]), [
    200,
    200,
    200,
    200,
    200,
    200,
    200,
  ]);
  assertEquals(await all(makeServer(), STATIC), [303, 200, 200]);
});

Deno.test("on another address only the probes and /metrics answer without a token", async () => {
  const server = await open();
  assertEquals(await all(server, [...PROBES, ...STATIC]), [200, 200, 200, 200, 200, 200]);
  assertEquals(await all(server, GUARDED), [303, 401, 401, 401]);
  assertEquals(await all(server, GUARDED, bearer(TOKEN)), [200, 200, 200, 200]);
  for (const wrong of ["", "x", `${TOKEN}x`, TOKEN.slice(1)]) {
    assertEquals(await all(server, GUARDED, bearer(wrong)), [303, 401, 401, 401], wrong);
  }
});

Deno.test("on another address nobody sees the page where there is no token, and is told what to set", async () => {
  const server = makeServer({ isLocal: false });
  assertEquals(await all(server, PROBES), [200, 200, 200]);
  assertEquals(await all(server, [...GUARDED, "/login"], bearer("")), [403, 403, 403, 403, 403]);
  const response = await server.handle(request("/"), "10.0.0.1");
  assertMatch(await response.text(), /set HERMES_STATUS_TOKEN_FILE$/m);
});

Deno.test("a token that is set is asked for on this machine, too", async () => {
  assertEquals(await all(await open({ isLocal: true }), GUARDED), [303, 401, 401, 401]);
});

Deno.test("the login form brings a cookie that no script and no other site gets, and the page", async () => {
  const server = await open();
  const login = (token: string) =>
    server.handle(
      request("/login", { method: "POST", body: new URLSearchParams({ token }) }),
      "10.0.0.1",
    );
  const wrong = await login(`${TOKEN}x`);
  assertEquals([wrong.status, wrong.headers.get("set-cookie")], [401, null]);
  assertMatch(await wrong.text(), /role="alert"/);
  const right = await login(TOKEN);
  assertEquals([right.status, right.headers.get("location")], [303, "/"]);
  const cookie = right.headers.get("set-cookie") ?? "";
  assertMatch(cookie, /^hermes_status=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/$/);
  assert(!cookie.includes(TOKEN));
  const headers = { cookie: `other=1; ${cookie.split(";")[0]}` };
  assertEquals(await all(server, GUARDED, { headers }), [200, 200, 200, 200]);
  const stale = { headers: { cookie: cookie.split(";")[0]!.replace(/.$/, "x") } };
  assertEquals(await all(server, GUARDED, stale), [303, 401, 401, 401]);
});

Deno.test("a login form that is long, or none, is no login", async () => {
  const server = await open();
  const post = (body: BodyInit | null) => status(server, "/login", { method: "POST", body });
  assertEquals(await post(`token=${TOKEN}&x=${"x".repeat(5000)}`), 413);
  assertEquals(await post(new Uint8Array(1 << 20)), 413);
  for (const body of [null, "", TOKEN, '{"token":"x"}', "token", new Uint8Array([255, 0, 1])]) {
    assertEquals(await post(body), 401);
  }
});

Deno.test("a name that is not allowed gets nothing but the probes and /metrics", async () => {
  const server = makeServer({ hosts: new Set(["nas.lan"]) });
  for (const host of ["evil.example", "127.0.0.1.evil.example", null]) {
    assertEquals(await all(server, PROBES, { host }), [200, 200, 200]);
    const others = [...GUARDED, ...STATIC, "/none"];
    assertEquals(new Set(await all(server, others, { host })), new Set([421]));
    assertEquals(await status(server, "/login", { host, method: "POST", body: "token=x" }), 421);
  }
  assertEquals(await all(server, GUARDED, { host: "NAS.lan:80" }), [200, 200, 200, 200]);
});

Deno.test("every answer has the headers that keep a browser in, errors and redirects too", async () => {
  for (const server of [makeServer(), await open()]) {
    for (const path of [...PROBES, ...GUARDED, ...STATIC, "/none"]) {
      for (const init of [{}, { host: "evil.example" }, { method: "DELETE" }]) {
        const { headers, body } = await server.handle(request(path, init), "10.0.0.1");
        await body?.cancel();
        for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
          assertEquals(headers.get(name), value, `${path}: ${name}`);
        }
      }
    }
  }
});

Deno.test("methods that would change something are refused, with those that are not", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    for (const path of [...PROBES, ...GUARDED, "/page.js"]) {
      const { status, headers } = await makeServer().handle(request(path, { method }), "10.0.0.1");
      assertEquals([status, headers.get("allow")], [405, "GET, HEAD"], path);
    }
  }
});

Deno.test("a caller that has a document gets it no more, and one that takes gzip gets it packed", async () => {
  const server = makeServer();
  const get = (headers: Record<string, string>) =>
    server.handle(request("/api/v1/gateways", { headers }), "10.0.0.1");
  const first = await get({});
  const tag = first.headers.get("etag") ?? "";
  assertMatch(tag, /^W\/"/);
  assertEquals(await first.text(), ANSWERS.rows.list);
  const again = await get({ "if-none-match": `"x", ${tag}` });
  assertEquals([again.status, await again.text()], [304, ""]);
  const packed = await get({ "accept-encoding": "gzip" });
  assertEquals(packed.headers.get("content-encoding"), "gzip");
  assertEquals(packed.headers.get("vary"), "accept-encoding");
  const stream = packed.body!.pipeThrough(new DecompressionStream("gzip"));
  assertEquals(await new Response(stream).text(), ANSWERS.rows.list);
});

Deno.test("the probes say who and why in words, and 503", async () => {
  const server = makeServer({
    pulse: { problem: () => Promise.resolve("s6-svscan is down") },
    ask: () => Promise.resolve([{ text: "s6-svscan is down" }, { profile: "a\x1b[2J", text: "x" }]),
  });
  for (
    const [path, words] of [
      ["/livez", "s6-svscan is down\n"],
      ["/readyz", "s6-svscan is down\na\\u001b[2J: x\n"],
    ] as const
  ) {
    const response = await server.handle(request(path), "10.0.0.1");
    assertEquals([response.status, await response.text()], [503, words]);
    assertEquals(response.headers.get("content-type"), "text/plain; charset=utf-8");
  }
});

Deno.test("where the gateways cannot be looked at, each says so, and what went wrong stays in the log", async () => {
  const late = makeServer({ ask: () => Promise.reject(new NoAnswerError("the volume may hang")) });
  const paths = ["/readyz", "/metrics", "/api/v1/gateways", "/api/v1/gateways/x", "/events"];
  assertEquals(await all(late, paths), [503, 503, 503, 503, 503]);
  assertEquals(await status(late, "/livez"), 200);
  const said: string[] = [];
  const { error } = console;
  console.error = (line: string) => said.push(line);
  try {
    const broken = makeServer({ ask: () => Promise.reject(new Error("secret\nx")) });
    const response = await broken.handle(request("/api/v1/gateways"), "10.0.0.1");
    assertEquals(response.status, 503);
    assert(!(await response.text()).includes("secret"));
    assertEquals(said, ["status: error: secret\\u000ax"]);
  } finally {
    console.error = error;
  }
});

Deno.test("an address that asks too often has to wait, but for the probes of an engine", async () => {
  const server = makeServer({ rate: { perSecond: 1, burst: 3 } });
  assertEquals(await all(server, ["/", "/", "/", "/", "/metrics"]), [200, 200, 200, 429, 429]);
  assertEquals(await all(server, ["/livez", "/readyz"]), [200, 200]);
  const other = await server.handle(request("/"), "10.0.0.2");
  assertEquals(other.status, 200);
});

Deno.test("there is no place for any number of listeners, and one that has left makes room", async () => {
  const server = makeServer({ rate: { perSecond: 1000, burst: 1000 } });
  const listen = () => server.handle(request("/events"), "10.0.0.1");
  const answers = await Promise.all(Array.from({ length: 70 }, listen));
  const streams = answers.filter(({ status }) => status === 200);
  assertEquals([streams.length, answers.at(-1)?.status], [64, 503]);
  await streams.pop()?.body?.cancel();
  const next = await listen();
  assertEquals(next.status, 200);
  for (const { body } of [...streams, next]) await body?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 600)); // the last look
});
