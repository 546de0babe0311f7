import { assert, assertEquals } from "@std/assert";
import { FACTS_FILE } from "../../lib/rules/facts.ts";
import { permissionFlags, type Permissions, RUN_FLAGS } from "../../lib/image/permissions.ts";
import { bundled, DENO, INSTALL_DIR } from "../../lib/image/scripts.ts";
import { STATUS } from "../../lib/image/stages.ts";
import { type Container, until } from "../container/container.ts";
import { NOWHERE } from "../_facts.ts";
import { droppedGrants, lies } from "../permissions/_audit.ts";
import { liveTest, RUNNING, SCANDIR, STOPPED, untilAllUp } from "./_live.ts";
import { ask, freePort } from "./_status.ts";

/** Every path that shows something of the gateways, and what each answers where all is granted. */
const PATHS = ["/livez", "/readyz", "/metrics", "/api/v1/gateways", "/api/v1/gateways/default"];

/** Runs the service with some permissions until it has answered; returns what it said and answered. */
async function serve(container: Container, permissions: Permissions, port: number) {
  const command = [
    ...[DENO, "run", ...RUN_FLAGS, ...permissionFlags(permissions)],
    ...[`${INSTALL_DIR}/${bundled(STATUS.entry)}`, "--port", String(port)],
  ];
  const env = { DENO_DIR: `${INSTALL_DIR}/deno_dir`, DENO_AUDIT_PERMISSIONS: "/tmp/audit" };
  await container.sh("rm -f /tmp/audit");
  const ended = container.exec(["timeout", "20", ...command], { user: "hermes", env });
  let isOver = false;
  ended.then(() => isOver = true);
  const url = `http://127.0.0.1:${port}`;
  const answers: Record<string, string> = {};
  await until("it answers, or has ended", async () => {
    if (isOver) return true;
    return (await ask(`${url}/none`).catch(() => [0]))[0] === 404;
  }, 20_000);
  for (const path of isOver ? [] : PATHS) {
    const [status, body] = await ask(url + path).catch(() => [0, ""] as const);
    answers[path] = `${status} ${
      body.replace(/"bootLine":\{.*?\},|"lastLog":"[^"]*"/g, (one) => one.slice(0, 9))
    }`;
  }
  if (!isOver) await container.sh(`kill $(pgrep -f 'status.js --port ${port}')`);
  return { ...await ended, answers };
}

liveTest("status needs each of its permissions, and no other", async (boot) => {
  const { container } = await boot({ default: STOPPED, coder: RUNNING });
  await untilAllUp(container, "coder", "coder/log");
  await container.sh("touch /opt/data/logs/container-boot.log.1; chown hermes /opt/data/logs/*.1");
  const port = freePort();
  const permissions = STATUS.permissions({
    ...{ ...NOWHERE, facts: FACTS_FILE, home: "/opt/data", scandir: SCANDIR },
    listen: `127.0.0.1:${port}`,
  });
  const { stderr, answers } = await serve(container, permissions, port);
  assertEquals(stderr, "");
  for (const path of PATHS) assert(answers[path]?.startsWith("200 "), `${path}: ${answers[path]}`);
  const { stdout } = await container.sh("cat /tmp/audit");
  const asked = stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  assert(asked.length > 0);
  const others = asked.map(({ permission: kind, value }) => ({ kind, value: String(value) }))
    .filter((one) => !lies(one, permissions));
  assertEquals(others, []);
  for (const [kind, grant, rest] of droppedGrants(permissions)) {
    const { stderr, answers } = await serve(container, rest, port);
    const failed = Object.values(answers).some((answer) => !answer.startsWith("200 "));
    assert(failed || Object.keys(answers).length === 0, `it does without ${kind} of ${grant}`);
    assert(stderr.includes(`--allow-${kind}`), `${kind} of ${grant}: ${stderr}`);
  }
});
