import { type Container, type ExecResult, until } from "../container/container.ts";
import { type Boot, type BootOptions, type Home, THREE } from "./_live.ts";

/** What the image puts in front of the container's command. */
export const COMMAND_ARG0 = "/opt/hermes-boot/libexec/container-command";

/** The three kinds of container in which hermes's commands have to work. */
export const KINDS: readonly (readonly [kind: string, scandir: string, options: BootOptions])[] = [
  ["shared supervision", "/run/service", { env: { HERMES_SUPERVISION: "shared" } }],
  ["isolated supervision", "/run/hermes/service", { env: { HERMES_SUPERVISION: "isolated" } }],
  ["three capabilities", "/run/hermes/service", { capabilities: THREE }],
];

const RC_INIT = "/run/s6/basedir/scripts/rc.init";

// What s6-overlay's does once the services are up, with nothing of the container in its environment.
const COMMAND_STAGE = `set +e
shift
until [ -e /run/s6/up ]; do sleep 0.1; done
$(cat /run/s6/container_environment/S6_CMD_ARG0) "$@"
echo $? >/run/s6/exitcode
`;

/** How {@linkcode bootWithCommand} boots. */
export interface CommandScene extends BootOptions {
  /** The container's command. */
  command: readonly string[];
}

/** Runs the hooks and the services of a container that has not booted, and then its command. */
export async function runCommand(
  container: Container,
  command: readonly string[],
): Promise<Map<string, ExecResult>> {
  const words = command.map((word) => `'${word}'`).join(" ");
  await container.sh(`mkdir -p ${RC_INIT.slice(0, RC_INIT.lastIndexOf("/"))}
printf %s '${COMMAND_STAGE}' >${RC_INIT}
sh -e ${RC_INIT} top ${words} >/run/s6/output 2>&1 &`);
  const hooks = await container.boot();
  await container.sh("echo >/run/s6/up");
  return hooks;
}

/** What the environment of an image has. */
export const IMAGE_ENV = { S6_CMD_ARG0: COMMAND_ARG0, HERMES_HOME: "/opt/data" };

/** Boots a container that has a command, as s6-overlay 3 does. */
export async function bootWithCommand(
  boot: Boot,
  profiles: Parameters<Boot>[0],
  { command, env, ...options }: CommandScene,
): Promise<{ container: Container; home: Home; hooks: Map<string, ExecResult> }> {
  const { container, home } = await boot(profiles, {
    ...{ ...options, hooks: false },
    env: { ...IMAGE_ENV, ...env },
  });
  return { container, home, hooks: await runCommand(container, command) };
}

/** What the command has said. */
export async function output(container: Container): Promise<string> {
  return (await container.sh("cat /run/s6/output")).stdout;
}

/** Whether the command runs. */
export async function isAlive(container: Container): Promise<boolean> {
  return (await container.sh("test -e /run/s6/exitcode")).code !== 0;
}

/** Waits until the command has said something. */
export function untilSaid(container: Container, text: string): Promise<boolean> {
  return until(text, async () => (await output(container)).includes(text), 30_000);
}

/** Waits until the command has ended; returns its exit code. */
export function untilEnded(container: Container): Promise<string> {
  return until(
    "the command's exit code",
    async () => (await container.sh("cat /run/s6/exitcode")).stdout.trim(),
    30_000,
  );
}

// Leads what its service manager does to the test program; the rest is the stub's.
const MANAGED_HERMES = `#!/bin/sh
profile=default
case $1 in -p) profile=$2 ;; esac
case " $* " in
  *" gateway run "*) exec hermes-stub "$@" ;;
  *" gateway "*)
    while [ "$1" != gateway ]; do shift; done
    DENO_DIR=/tmp/deno_dir exec deno run --allow-all --quiet /tmp/manager.ts "$2" "$profile"
    ;;
esac
exec hermes-stub "$@"
`;

/** Gives a container a hermes whose gateway commands do what the real one's service manager does. */
export async function manageWithS6(container: Container): Promise<void> {
  const source = await Deno.readTextFile(new URL("_service_manager.ts", import.meta.url));
  const { code, stderr } = await container.exec([
    ...["sh", "-c", 'printf %s "$1" >/tmp/manager.ts; cd /usr/local/bin; mv hermes hermes-stub'],
    ...["sh", source],
  ]);
  if (code !== 0) throw new Error(stderr);
  const install = 'printf %s "$1" >/usr/local/bin/hermes; chmod 755 /usr/local/bin/hermes';
  await container.exec(["sh", "-c", install, "sh", MANAGED_HERMES]);
}
