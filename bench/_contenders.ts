import type { Container } from "../tests/container/container.ts";
import { PM2_RUNTIME } from "./_peers.ts";

/** Something that supervises gateways. */
export interface Contender {
  /** What the table calls it. */
  name: string;
  /** The container's environment. */
  env: Readonly<Record<string, string>>;
  /** Lays its configuration out for some gateways, in what is /opt/data in the container. */
  prepare(data: string, profiles: readonly string[]): Promise<void>;
  /** A script that starts it. */
  start: string;
  /** Ends all gateways and it; `started` settles when its start script has ended. */
  stop(container: Container, started: Promise<unknown>): Promise<void>;
  /** Whether the container's s6-svscan and what it runs belong to it. */
  ownsPid1: boolean;
}

const STUB = "/usr/local/bin/hermes";
const argumentsOf = (profile: string) => ["-p", profile, "gateway", "run", "--replace"];
const logOf = (profile: string) => `/opt/data/logs/${profile}.log`;

/** What is touched below /opt/data when the hooks are done. */
export const HOOKS_DONE = "up/.hooks";

/** The boot as in the image: the hooks, the static services, and the scan. */
const BOOT = `for hook in /etc/cont-init.d/*; do "$hook" || exit; done
: >/opt/data/${HOOKS_DONE}
${await Deno.readTextFile(new URL("../tests/container/bring_up.sh", import.meta.url))}
s6-svscanctl -a /run/service`;

function ours(mode: "shared" | "isolated"): Contender {
  return {
    name: `hermes-boot, ${mode}`,
    env: { HERMES_SUPERVISION: mode },
    prepare: () => Promise.resolve(),
    start: BOOT,
    async stop(container, started) {
      await started;
      if (!await container.stop(60_000)) throw new Error(`${mode}: the container had to be killed`);
    },
    ownsPid1: true,
  };
}

/** One that stays in the foreground and stops all at a SIGTERM. */
function foreground(
  name: string,
  command: string,
  prepare: Contender["prepare"],
): Contender {
  return {
    name,
    env: {},
    prepare,
    start: `echo $$ >/tmp/pid; cd /opt/data; exec ${command} >/tmp/out 2>&1`,
    async stop(container, started) {
      await container.sh("kill $(cat /tmp/pid)");
      await started;
    },
    ownsPid1: false,
  };
}

const supervisord = foreground(
  "supervisord",
  "/usr/bin/python3 /usr/bin/supervisord -n -c supervisord.conf",
  async (data, profiles) => {
    // In one group: it stops one group after the other, a second each.
    const programs = profiles.map((profile) =>
      `[program:${profile}]
command=${STUB} ${argumentsOf(profile).join(" ")}
user=hermes
redirect_stderr=true
stdout_logfile=${logOf(profile)}
`
    );
    await Deno.writeTextFile(
      `${data}/supervisord.conf`,
      `[supervisord]
user=root
logfile=/dev/null
logfile_maxbytes=0
pidfile=/tmp/supervisord.pid
minfds=4096
${programs.join("")}[group:gateways]
programs=${profiles.join(",")}
`,
    );
  },
);

const pm2 = foreground(
  "pm2-runtime",
  `s6-setuidgid hermes env HOME=/tmp/pm2 PM2_HOME=/tmp/pm2 ${PM2_RUNTIME} start pm2.json`,
  async (data, profiles) => {
    const apps = profiles.map((profile) => ({
      name: profile,
      script: STUB,
      args: argumentsOf(profile),
      interpreter: "none",
      exec_mode: "fork",
      out_file: logOf(profile),
      error_file: logOf(profile),
      // It would look for a repository around each.
      vizion: false,
    }));
    await Deno.writeTextFile(`${data}/pm2.json`, JSON.stringify({ apps }));
  },
);

/** The floor: what s6 needs without us, as one user, the gateway itself as `run`. */
const floor = foreground(
  "bare s6-svscan",
  "s6-setuidgid hermes s6-svscan /opt/data/scandir",
  async (data, profiles) => {
    for (const profile of profiles) {
      const dir = `${data}/scandir/${profile}`;
      await Deno.mkdir(`${dir}/log`, { recursive: true });
      const run = `#!/bin/sh\necho $$ >/opt/data/up/${profile}\nexec sleep infinity\n`;
      await Deno.writeTextFile(`${dir}/run`, run, { mode: 0o755 });
      const logRun = `#!/bin/sh\nexec s6-log n3 s1000000 /opt/data/logs/${profile}\n`;
      await Deno.writeTextFile(`${dir}/log/run`, logRun, { mode: 0o755 });
    }
  },
);

/** Ours in both modes, the peers, and the floor. */
export const CONTENDERS = {
  shared: ours("shared"),
  isolated: ours("isolated"),
  supervisord,
  pm2,
  floor,
};
