import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import { HERMES, liveTest, RUNNING, THREE, untilRested } from "./_live.ts";
import { ask, bootStatus, freePort } from "./_status.ts";

const SERVICE = "/run/service/status";

/** Settings that cannot be, and what is said of them. */
const WRONG: readonly (readonly [env: Record<string, string>, words: RegExp])[] = [
  [
    { HERMES_STATUS_PORT: "65536" },
    /HERMES_STATUS_PORT: expected a port from 1 to 65535, got '65536'/,
  ],
  [{ HERMES_STATUS_PORT: "http" }, /HERMES_STATUS_PORT: expected a port/],
  [{ HERMES_STATUS_PORT: "0" }, /HERMES_STATUS_PORT: expected a port/],
  [
    { HERMES_STATUS_HOST: "nas.lan" },
    /HERMES_STATUS_HOST: expected an IP address or localhost, got/,
  ],
  [{ HERMES_STATUS_HOST: "127.0.0.1:80" }, /HERMES_STATUS_HOST: expected an IP address without/],
  [{ HERMES_STATUS_HOST: "12:34" }, /HERMES_STATUS_HOST: expected an IP address without a port/],
  [{ HERMES_STATUS_HOST: "1.2.3" }, /HERMES_STATUS_HOST: expected an IP address, got 1\.2\.3/],
  [{ HERMES_STATUS_HOST: "192.0.2.1" }, /cannot listen at http:\/\/192\.0\.2\.1:\d+\/: /],
  [
    { HERMES_STATUS_ALLOWED_HOSTS: "http://nas" },
    /HERMES_STATUS_ALLOWED_HOSTS: expected host names/,
  ],
  [
    { HERMES_STATUS_TOKEN_FILE: "/none" },
    /HERMES_STATUS_TOKEN_FILE: expected a file that hermes can read/,
  ],
  [{ HERMES_STATUS_TOKEN_FILE: "/opt/data" }, /HERMES_STATUS_TOKEN_FILE: expected a file/],
  [{ HERMES_STATUS_TOKEN_FILE: "/etc/hostname" }, /HERMES_STATUS_TOKEN_FILE: expected a /],
];

for (const [env, words] of WRONG) {
  const [[name, value] = []] = Object.entries(env);
  liveTest(`with ${name}=${value} status rests after one line`, async (boot) => {
    const on = { HERMES_STATUS: "1", HERMES_STATUS_PORT: String(freePort()), ...env };
    const { container } = await boot({ default: RUNNING }, { env: on });
    assertEquals((await untilRested(container, SERVICE)).exitCode, 2);
    const lines = (await container.log()).split("\n").filter((line) => line.startsWith("status: "));
    assertEquals(lines.length, 1, lines.join("\n"));
    assertMatch(lines.join(), words);
    assertMatch(lines.join(), /^status: error: /);
  });
}

liveTest("/readyz names a setting that makes no sense, and not its value", async (boot) => {
  const port = freePort();
  const env = {
    HERMES_STATUS: "1",
    HERMES_STATUS_PORT: String(port),
    HERMES_GATEWAY_SHARD: "hush/5",
  };
  const { container } = await boot({ default: RUNNING }, { hooks: false, env });
  await container.boot();
  const url = `http://127.0.0.1:${port}/readyz`;
  const [status, text] = await until("an answer", () => ask(url).catch(() => undefined), 30_000);
  assertEquals(status, 503);
  assertMatch(text, /HERMES_GATEWAY_SHARD: expected/);
  assert(!text.includes("hush"), text);
});

liveTest("status rests where it is off", async (boot) => {
  const { container } = await boot({ default: RUNNING });
  assertEquals((await untilRested(container, SERVICE)).exitCode, 0);
  assert(!(await container.log()).includes("status:"));
});

liveTest(
  "s6-svc -d ends status, also as root without CAP_KILL, and nothing of it is left",
  async (boot) => {
    for (const options of [{}, { capabilities: THREE }]) {
      const { container, url } = await bootStatus(boot, { default: RUNNING }, options);
      assertEquals((await ask(`${url}/livez`))[0], 200);
      const { code } = await container.sh(`s6-svc -wD -T20000 -d ${SERVICE}`);
      assertEquals(code, 0, "it did not end");
      const left = await container.sh("grep -al tasks/[s]tatus.js /proc/[0-9]*/cmdline");
      assertEquals(left.stdout, "");
    }
  },
);

liveTest(
  "status runs as hermes, and its token is in no argument, no environment and no answer",
  async (boot) => {
    const token = "correct-horse-battery";
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, `${token}\n`);
    await Deno.chown(file, HERMES.uid, HERMES.gid);
    const { container, url } = await bootStatus(boot, { default: RUNNING }, {
      env: { HERMES_STATUS_HOST: "0.0.0.0", HERMES_STATUS_TOKEN_FILE: "/run-secrets/token" },
      mounts: { "/run-secrets/token": file },
    });
    const { stdout } = await container.sh(
      `for p in $(pgrep -f /tasks/status.js); do ps -o user= -p $p; cat /proc/$p/cmdline /proc/$p/environ; done`,
    );
    assertMatch(stdout, /^hermes\n/);
    assert(!stdout.includes(token));
    assertEquals((await ask(`${url}/api/v1/gateways`))[0], 401);
    const headers = { authorization: `Bearer ${token}` };
    const [status, body] = await ask(`${url}/api/v1/gateways`, { headers });
    assertEquals([status, body.includes(token)], [200, false]);
    assertEquals((await ask(`${url}/metrics`))[0], 200);
    await Deno.remove(file);
  },
);
