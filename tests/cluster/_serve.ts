import type { ApiRequest } from "../../lib/cluster/api.ts";
import { runSync, type TempDir } from "../_temp.ts";
import type { ApiServer } from "./_api_server.ts";

/** Lays out what the kubelet gives a pod, and a server's key for 127.0.0.1; returns where. */
export function account(temp: TempDir): string {
  const dir = temp.mkdir("account");
  const subject = ["-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1"];
  const options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
  const files = ["-keyout", `${dir}/key`, "-out", `${dir}/ca.crt`];
  runSync("openssl", "req", ...options, ...subject, ...leaf, ...files);
  temp.write("account/token", "first\n");
  temp.write("account/namespace", "hermes");
  return dir;
}

/** Serves with the key of an account until it is disposed of. */
export function serve(dir: string, answer: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(`${dir}/ca.crt`),
    key: Deno.readTextFileSync(`${dir}/key`),
    onListen: () => {},
  }, answer);
  const address = `127.0.0.1:${server.addr.port}`;
  return { address, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Serves the stand-in of an API server. */
export function serveApi(dir: string, api: ApiServer) {
  return serve(dir, async (request) => {
    const { method, url, signal } = request;
    const text = await request.text();
    const { pathname, search } = new URL(url);
    return await api.send({
      method: method as ApiRequest["method"],
      path: pathname + search,
      body: text === "" ? undefined : JSON.parse(text),
      signal,
    });
  });
}
