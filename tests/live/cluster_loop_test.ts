import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ApiServer } from "../cluster/_api_server.ts";
import { replicas } from "../cluster/_loop.ts";
import { account, serveApi } from "../cluster/_serve.ts";
import { until } from "../container/until.ts";
import { TempDir } from "../_temp.ts";
import { readManifest } from "../_deploy.ts";
import { Home, liveTest, RUNNING } from "./_live.ts";
import { Pod } from "./_pod.ts";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const LOOP = "/opt/hermes-boot/libexec/cluster-loop";

liveTest(
  "the loop's pod, as it is deployed, makes workloads, and gatewayctl works in it",
  async () => {
    const loop = readManifest("kubernetes/overlays/per-profile/loop.yaml");
    await using home = await Home.make({ default: RUNNING, coder: RUNNING });
    // The test's container has an init, which takes such a /run only if it is told to; the loop has none.
    const init = { S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES: "1" };
    await using pod = await Pod.start(loop, home.path, init);
    const { container } = pod;
    const dry = await container.sh(`${LOOP} --dry-run`);
    assertEquals([dry.code, dry.stderr], [0, ""]);
    assertStringIncludes(dry.stdout, "  name: hermes-coder\n");
    const outside = await container.sh(LOOP);
    assertEquals(outside.code, 2, outside.stderr);

    using temp = new TempDir();
    const api = new ApiServer();
    const name = "hermes-loop-0";
    const spec = { containers: [{ name: "loop", image: "img:7" }] };
    api.apply(`Pod/${name}`, { metadata: { name }, spec }, "kubelet");
    const dir = account(temp);
    await using server = serveApi(dir, api);
    const [, port] = server.address.split(":");
    for (const file of ["ca.crt", "token", "namespace"]) {
      const text = Deno.readTextFileSync(`${dir}/${file}`);
      const { code } = await container.sh(
        `mkdir -p ${ACCOUNT} && cat >${ACCOUNT}/${file} <<'END'\n${text}\nEND`,
      );
      assertEquals(code, 0);
    }
    const running = await container.sh(
      `HOSTNAME=${name} KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=${port} ` +
        `setsid ${LOOP} >/tmp/loop.log 2>&1 </dev/null & echo $! >/tmp/loop.pid`,
    );
    assertEquals(running.code, 0);
    const become = (wanted: Record<string, number>) =>
      until(`${JSON.stringify(wanted)}`, () => {
        const { "Deployment/hermes-dashboard": _, ...found } = replicas(api);
        return Promise.resolve(JSON.stringify(found) === JSON.stringify(wanted));
      }, 20_000);
    try {
      await become({ coder: 1, default: 1 });
      const list = await container.sh("gatewayctl list");
      assertEquals(list.stdout.split("\n").slice(0, 3).map((line) => line.slice(0, 18).trim()), [
        ...["PROFILE  STATE", "default  starting", "coder    starting"],
      ], list.stderr);
      const why = await container.sh("gatewayctl why coder");
      assert(why.stdout.startsWith("coder: its pod is not made yet\n"), why.stdout + why.stderr);
      const stop = await container.sh("gatewayctl stop coder");
      assertEquals(stop.code, 0, stop.stderr);
      await become({ coder: 0, default: 1 });
      const other = await container.sh("gatewayctl restart coder");
      assertEquals(other.code, 1);
    } catch (error) {
      const { stdout } = await container.sh("cat /tmp/loop.log");
      throw new Error(stdout, { cause: error });
    } finally {
      await container.sh("kill -TERM $(cat /tmp/loop.pid)");
    }
  },
);
