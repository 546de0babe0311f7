import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { permissionFlags, type Permissions, RUN_FLAGS } from "../../lib/image/permissions.ts";
import { DENO, INSTALL_DIR } from "../../lib/image/scripts.ts";
import { FACTS_FILE } from "../../lib/rules/facts.ts";
import { PROFILE_WATCH } from "../../lib/image/stages.ts";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import type { Container, ExecResult } from "../container/container.ts";
import { droppedGrants, lies } from "../permissions/_audit.ts";
import { bootContainer, Home, liveTest } from "./_live.ts";
import { asHermes, MAKE, RUNNING, untilUp } from "./_watch.ts";

/** Runs a watcher of the test's own as hermes until it has synced or ended. */
async function runOnce(container: Container, permissions: Permissions): Promise<ExecResult> {
  const command = [DENO, "run", ...RUN_FLAGS, ...permissionFlags(permissions)];
  const script = `"$@" >/tmp/out 2>/tmp/err & pid=$!
while kill -0 $pid 2>/dev/null && ! grep -q 'synced' /tmp/out; do sleep 0.1; done
kill $pid 2>/dev/null; wait $pid; code=$?; cat /tmp/out; cat /tmp/err >&2; exit $code`;
  return await container.exec([
    ...["sh", "-c", script, "sh", ...command, `${INSTALL_DIR}/${PROFILE_WATCH.entry}`],
  ], {
    user: "hermes",
    env: {
      NO_COLOR: "1",
      DENO_DIR: `${INSTALL_DIR}/deno_dir`,
      DENO_AUDIT_PERMISSIONS: "/tmp/audit",
    },
  });
}

const PERMISSIONS = PROFILE_WATCH.permissions({
  ...{ facts: FACTS_FILE, home: "/opt/data", scandir: SHARED_SCANDIR, servicedirs: "" },
});

liveTest("the watcher needs each of its permissions, and no other", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await bootContainer(home, { env: { HERMES_SUPERVISION: "shared" } });
  await untilUp(container, `${SHARED_SCANDIR}/gateway-coder`);
  let n = 0;
  // A slot to make and one to take away.
  const prepare = async () => {
    n++;
    const copy = `${SHARED_SCANDIR}/.hermes/copy`;
    const gone = `${SHARED_SCANDIR}/gateway-gone${n}`;
    await asHermes(
      container,
      `${MAKE} make new${n} running
cp -a ${SHARED_SCANDIR}/gateway-coder ${copy} && mv ${copy} ${gone} &&
s6-svscanctl -a ${SHARED_SCANDIR} && until s6-svok ${gone}/log; do :; done`,
    );
  };
  for (const [kind, grant, rest] of droppedGrants(PERMISSIONS)) {
    await prepare();
    const { code, stderr } = await runOnce(container, rest);
    assert(stderr.includes(`--allow-${kind}`), `it does without ${kind} of ${grant}: ${stderr}`);
    assertEquals(code, 1, `it survived without ${kind} of ${grant}`);
    assertStringIncludes(stderr, "profile-watch: fatal:");
  }
  await container.sh("rm -f /tmp/audit");
  await prepare();
  const { stdout, stderr } = await runOnce(container, PERMISSIONS);
  assertMatch(stdout, /synced in/, stderr);
  const audit = (await container.sh("cat /tmp/audit")).stdout.trim().split("\n");
  assert(audit.length > 10);
  for (const line of audit) {
    const { permission: kind, value } = JSON.parse(line);
    assert(lies({ kind, value: String(value) }, PERMISSIONS), `${kind} of ${value} is not granted`);
  }
});
