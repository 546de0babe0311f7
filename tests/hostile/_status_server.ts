// Runs by itself as `deno run _status_server.ts PORT`: the server of the status service at an address where
// it asks for a token, with a stand-in for who gathers.
import { makeToken } from "../../lib/status/token.ts";
import { serveForever } from "../../tasks/_status/listen.ts";
import { makeServer, TOKEN } from "../tasks/_status.ts";

const server = makeServer({
  ...{ isLocal: false, token: await makeToken(TOKEN), hosts: new Set(["nas.lan"]) },
  rate: { perSecond: 1e6, burst: 1e6 },
});
await serveForever({
  ...{ hostname: "127.0.0.1", port: Number(Deno.args[0]) },
  onListen: () => console.log("listening"),
  onBreak: (why) => console.log(`broken: ${why}`),
}, (request, caller) => server.handle(request, caller));
