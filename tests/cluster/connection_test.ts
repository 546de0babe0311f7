import { assertEquals, assertRejects } from "@std/assert";
import { ClusterApiError } from "../../lib/_errors.ts";
import { connect } from "../../lib/cluster/connection.ts";
import { TempDir } from "../_temp.ts";
import { account, serve } from "./_serve.ts";

Deno.test("connect() trusts the account's CA, and sends its token as it is by then", async () => {
  using temp = new TempDir();
  const dir = account(temp);
  const seen: string[] = [];
  await using server = serve(dir, async (request) => {
    const { headers, method, url } = request;
    const words = [method, new URL(url).pathname, headers.get("authorization")];
    seen.push([...words, headers.get("content-type"), await request.text()].join(" "));
    return Response.json({});
  });
  using connection = connect(server.address, dir);
  assertEquals(connection.namespace, "hermes");
  await (await connection.send({ method: "PATCH", path: "/a", body: { b: 1 } })).body?.cancel();
  temp.write("account/token", "second");
  await (await connection.send({ method: "GET", path: "/c" })).body?.cancel();
  assertEquals(seen, [
    'PATCH /a Bearer first application/apply-patch+yaml {"b":1}',
    "GET /c Bearer second application/json ",
  ]);
});

Deno.test("connect() gives no answer for one where the server is another, or none", async () => {
  using temp = new TempDir();
  using other = new TempDir();
  let asked = 0;
  await using server = serve(account(temp), () => Response.json(asked++));
  const dir = account(other);
  using connection = connect(server.address, dir);
  const send = () => connection.send({ method: "GET", path: "/" });
  assertEquals((await assertRejects(send, ClusterApiError)).status, 0);
  assertEquals(asked, 0);
  using nowhere = connect("127.0.0.1:1", dir);
  await assertRejects(
    () => nowhere.send({ method: "GET", path: "/" }),
    ClusterApiError,
    "no answer from 127.0.0.1:1",
  );
});
