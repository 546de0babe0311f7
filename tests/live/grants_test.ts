import { FACTS_FILE } from "../../lib/rules/facts.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Command, CommandPlaces } from "../../lib/image/command.ts";
import { COMMANDS } from "../../lib/image/commands.ts";
import { permissionFlags, type Permissions, RUN_FLAGS } from "../../lib/image/permissions.ts";
import { bundled, DENO, GATEWAYCTL_ENTRY, INSTALL_DIR } from "../../lib/image/scripts.ts";
import type { Container, ExecResult } from "../container/container.ts";
import { droppedGrants, lies } from "../permissions/_audit.ts";
import { liveTest, RUNNING, SCANDIR, SUPERVISION, untilAllUp } from "./_live.ts";

const PLACES: CommandPlaces = {
  ...{ facts: FACTS_FILE, home: "/opt/data", scandir: SCANDIR },
  slotsRunAs: SUPERVISION === "isolated" ? "hermes" : "root",
};

// Shell lines, run as hermes. $n is new each time.
const COPY = `cp -a ${SCANDIR}/gateway-coder ${SCANDIR}/.hermes/copy &&` +
  ` mv ${SCANDIR}/.hermes/copy ${SCANDIR}/gateway-late$n`;
const PROFILE = "mkdir /opt/data/profiles/late$n && : >/opt/data/profiles/late$n/SOUL.md";
const SCAN = `s6-svscanctl -a ${SCANDIR} && until s6-svok ${SCANDIR}/gateway-late$n &&` +
  ` s6-svok ${SCANDIR}/gateway-late$n/log; do :; done`;

const UP = `s6-svc -wu -u ${SCANDIR}/gateway-default`;
// Nobody asks what is recorded of one that runs, or where the log is of one that does not.
const DOWN = `s6-svc -wD -d ${SCANDIR}/gateway-default; s6-svc -wu -u ${SCANDIR}/gateway-coder`;

/** What makes a command need everything it may do: what comes before it, and what it is given. */
const SCENES: Readonly<Record<string, { prepare?: string; runs: readonly string[] }>> = {
  list: { prepare: DOWN, runs: [""] },
  status: { prepare: DOWN, runs: ["default"] },
  top: { prepare: DOWN, runs: ["-n 1"] },
  start: { prepare: `${PROFILE}; ${COPY}`, runs: ["default late$n"] },
  // Only who does not wait is told until when it may take.
  stop: { prepare: `${UP}; ${PROFILE}; ${COPY}`, runs: ["default --no-wait", "default late$n"] },
  restart: { prepare: `${UP}; ${PROFILE}; ${COPY}`, runs: ["default --no-wait", "default late$n"] },
  register: { prepare: PROFILE, runs: ["late$n"] },
  unregister: { prepare: `${COPY}; ${SCAN}`, runs: ["late$n"] },
  sync: { prepare: `${COPY}; ${SCAN}; n=2$n; ${PROFILE}`, runs: ["--prune"] },
  why: { runs: ["default", "coder"] },
  doctor: { prepare: `${DOWN}; mkdir -p ${SCANDIR}/.hermes/retired-x`, runs: [""] },
  logs: { runs: ["coder -n 1", "nope"] },
  health: { prepare: DOWN, runs: [""] },
  metrics: { prepare: DOWN, runs: [""] },
  completion: { runs: ["bash"] },
};

async function runWith(
  container: Container,
  { name }: Command,
  permissions: Permissions,
  n: number,
): Promise<ExecResult[]> {
  const { prepare = ":", runs } = SCENES[name] ?? { runs: [] };
  const prepared = await container.sh(`n=${n}; ${prepare}`, { user: "hermes" });
  assertEquals(prepared.code, 0, prepared.stderr);
  const results: ExecResult[] = [];
  for (const args of runs) {
    const words = args.replaceAll("$n", String(n)).split(" ").filter((word) => word !== "");
    results.push(
      await container.exec([
        ...[DENO, "run", ...RUN_FLAGS],
        ...permissionFlags(permissions),
        ...[`${INSTALL_DIR}/${bundled(GATEWAYCTL_ENTRY)}`, name, ...words],
      ], {
        user: "hermes",
        env: {
          DENO_DIR: `${INSTALL_DIR}/deno_dir`,
          DENO_AUDIT_PERMISSIONS: "/tmp/audit",
        },
      }),
    );
  }
  return results;
}

liveTest("each command of gatewayctl needs all it may do, and no more", async (boot, test) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "default", "coder", "coder/log");
  let n = 0;
  for (const command of COMMANDS) {
    await test.step(command.name, async () => {
      const permissions = command.permissions(PLACES);
      for (const [kind, grant, rest] of droppedGrants(permissions)) {
        const results = await runWith(container, command, rest, n++);
        const failed = results.find(({ stderr }) => stderr.includes(`--allow-${kind}`));
        assert(failed !== undefined, `it does without ${kind} of ${grant}`);
        assert(failed.code !== 0, `it survived without ${kind} of ${grant}`);
        assertStringIncludes(failed.stderr, "gatewayctl: error:");
      }
      await container.sh("rm -f /tmp/audit");
      for (const { code, stderr } of await runWith(container, command, permissions, n++)) {
        assert(code !== 1 || command.name === "health", stderr);
        assert(!stderr.includes("--allow-"), stderr);
      }
      const { stdout } = await container.sh("cat /tmp/audit 2>/dev/null || :");
      for (const line of stdout.split("\n").filter((line) => line !== "")) {
        const { permission: kind, value } = JSON.parse(line);
        const granted = lies({ kind, value: String(value) }, permissions);
        assert(granted, `${kind} of ${value} is not granted`);
      }
    });
    // What was made for this one is not in the way of the next.
    await container.sh(
      `cd ${SCANDIR} && rm -rf .hermes/retired-* /opt/data/profiles/late* && for slot in gateway-late*; do
      [ ! -d $slot ] || /usr/local/bin/gatewayctl unregister \${slot#gateway-}; done`,
    );
  }
});
