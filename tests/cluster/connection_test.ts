import { assertEquals, assertRejects } from "@std/assert";
import { ClusterApiError } from "../../lib/_errors.ts";
import { connect } from "../../lib/cluster/connection.ts";
import { runSync, TempDir } from "../_temp.ts";

/** Lays out what the kubelet gives a pod, and a server's key for 127.0.0.1. */
function account(temp: TempDir): string {
  const [key, cert] = [`${temp.path}/key`, `${temp.path}/ca.crt`];
  const subject = ["-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1"];
  const options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
  runSync("openssl", "req", ...options, ...subject, ...leaf, "-keyout", key, "-out", cert);
  temp.write("token", "first\n");
  temp.write("namespace", "hermes");
  return temp.path;
}

/** Serves until it is disposed of; tells what was asked. */
function serve(dir: string) {
  const seen: string[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(`${dir}/ca.crt`),
    key: Deno.readTextFileSync(`${dir}/key`),
    onListen: () => {},
  }, async (request) => {
    const { headers, method, url } = request;
    const path = new URL(url).pathname;
    const words = [method, path, headers.get("authorization"), headers.get("content-type")];
    seen.push([...words, await request.text()].join(" "));
    return Response.json({});
  });
  return {
    ...{ seen, address: `127.0.0.1:${server.addr.port}` },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("connect() trusts the account's CA, and sends its token as it is by then", async () => {
  using temp = new TempDir();
  const dir = account(temp);
  await using server = serve(dir);
  using connection = connect(server.address, dir);
  assertEquals(connection.namespace, "hermes");
  await (await connection.send({ method: "PATCH", path: "/a", body: { b: 1 } })).body?.cancel();
  temp.write("token", "second");
  await (await connection.send({ method: "GET", path: "/c" })).body?.cancel();
  assertEquals(server.seen, [
    'PATCH /a Bearer first application/apply-patch+yaml {"b":1}',
    "GET /c Bearer second application/json ",
  ]);
});

Deno.test("connect() gives no answer for one where the server is another, or none", async () => {
  using temp = new TempDir();
  using other = new TempDir();
  await using server = serve(account(temp));
  using connection = connect(server.address, account(other));
  const send = () => connection.send({ method: "GET", path: "/" });
  assertEquals((await assertRejects(send, ClusterApiError)).status, 0);
  assertEquals(server.seen, []);
  using nowhere = connect("127.0.0.1:1", other.path);
  await assertRejects(
    () => nowhere.send({ method: "GET", path: "/" }),
    ClusterApiError,
    "no answer from 127.0.0.1:1",
  );
});
