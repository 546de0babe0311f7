import { assert, assertEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl } from "./_gatewayctl.ts";
import { liveTest, RUNNING } from "./_live.ts";
import { ask, bootStatus, Listener } from "./_status.ts";

const COUNT = 300;

/** The CPU time of the service and of what it has run, in seconds, and its resident memory, in bytes. */
async function usage(container: Container): Promise<{ cpu: number; rss: number }> {
  const { stdout } = await container.sh("cat /proc/$(pgrep -of /tasks/status.js)/stat");
  const words = stdout.slice(stdout.lastIndexOf(")") + 2).split(" ").map(Number);
  const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + words[i]!, 0);
  return { cpu: ticks / 100, rss: words[21]! * 4096 };
}

liveTest(`with ${COUNT} gateways status costs little`, async (boot, test) => {
  const names = Array.from({ length: COUNT - 1 }, (_, i) => [`p${i}`, RUNNING]);
  const { container, url } = await bootStatus(boot, {
    default: RUNNING,
    ...Object.fromEntries(names),
  });
  await until("all are up", async () => {
    const { stdout } = await ctl(container, ["list", "default"]);
    const [, body] = await ask(`${url}/api/v1/gateways`);
    return stdout !== "" && body.split('"up":true').length > COUNT;
  }, 120_000);

  await test.step("/metrics takes at most 50 ms once gathered", async () => {
    await ask(`${url}/metrics`);
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const from = performance.now();
      assertEquals((await ask(`${url}/metrics`))[0], 200);
      times.push(performance.now() - from);
    }
    const ms = times.sort((a, b) => a - b)[4]!;
    console.log(`/metrics: ${ms.toFixed(1)} ms`);
    assert(ms <= 50, `${ms} ms`);
  });

  await test.step("50 listeners cost at most 5 % of a core at rest", async () => {
    const listeners = await Promise.all(Array.from({ length: 50 }, () => Listener.open(url)));
    const reading = listeners.map((one) => one.next(() => false, 60_000).catch(() => {}));
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const before = await usage(container);
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    const share = ((await usage(container)).cpu - before.cpu) / 20;
    for (const one of listeners) await one[Symbol.asyncDispose]();
    await Promise.all(reading);
    console.log(`50 listeners: ${(100 * share).toFixed(1)} % of a core`);
    assert(share <= 0.05, `${100 * share} %`);
  });

  await test.step("its memory is flat over 10,000 requests", async () => {
    const paths = ["/livez", "/readyz", "/metrics", "/api/v1/gateways", "/", "/none", "/readyz"];
    const burst = async (count: number) => {
      for (let i = 0; i < count; i += 20) {
        await Promise.all(
          Array.from({ length: 20 }, (_, j) => ask(url + paths[(i + j) % paths.length]!)),
        );
      }
      return (await usage(container)).rss;
    };
    const before = await burst(3000);
    const after = await burst(10_000);
    const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    console.log(`memory: ${mib(before)} MiB, after 10,000 requests ${mib(after)} MiB`);
    assert(after < before + 8 * 2 ** 20, `${mib(before)} MiB, then ${mib(after)} MiB`);
  });
});
