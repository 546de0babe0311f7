// Runs inside a live container, as hermes: `deno run --allow-all _service_manager.ts VERB [PROFILE]`.
// Does with s6 and with the volume what the service manager of hermes does: the same programs with
// the same arguments, and the same files, in the same order. VERB is start, stop, restart, status,
// register, down (register without starting), unregister, list, or crash, a register that is killed
// before the slot has its name.
const SCANDIR = Deno.env.get("SCANDIR") ?? "/run/service";
const HOME = "/opt/data";

async function s6(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(`/command/${program}`, { args }).output();
  if (code !== 0) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

function dirOf(profile: string): string {
  return profile === "default" ? HOME : `${HOME}/profiles/${profile}`;
}

function recordDesired(profile: string, desired: string): void {
  const file = `${dirOf(profile)}/gateway_state.json`;
  let state: Record<string, unknown> = {};
  try {
    state = JSON.parse(Deno.readTextFileSync(file));
  } catch { /* it starts anew */ }
  const now = Math.floor(Date.now() / 1000);
  Deno.writeTextFileSync(
    `${file}.tmp`,
    `${JSON.stringify({ ...state, desired_state: desired, updated_at: now })}\n`,
  );
  Deno.renameSync(`${file}.tmp`, file);
}

async function markPlannedStop(slot: string, profile: string): Promise<void> {
  const [, pid] = /\(pid (\d+)/.exec(await s6("s6-svstat", slot)) ?? [];
  if (pid === undefined) return;
  const started = Deno.readTextFileSync(`/proc/${pid}/stat`).split(" ")[21];
  const marker = {
    ...{ target_pid: Number(pid), target_start_time: Number(started), stopper_pid: Deno.pid },
    written_at: new Date().toISOString(),
  };
  const file = `${dirOf(profile)}/.gateway-planned-stop.json`;
  Deno.writeTextFileSync(file, JSON.stringify(marker));
}

function makeSkeleton(dir: string): void {
  for (
    const [name, mode] of [["event", 0o3730], ["supervise", 0o755], ["supervise/event", 0o3730]]
  ) {
    Deno.mkdirSync(`${dir}/${name}`);
    Deno.chmodSync(`${dir}/${name}`, mode as number);
  }
  const control = `${dir}/supervise/control`;
  new Deno.Command("mkfifo", { args: ["-m", "660", control] }).outputSync();
}

function build(tmp: string, profile: string, down: boolean): void {
  Deno.mkdirSync(tmp);
  Deno.writeTextFileSync(`${tmp}/type`, "longrun\n");
  const gateway = profile === "default" ? "hermes gateway run" : `hermes -p ${profile} gateway run`;
  const env = `export HOME=${HOME} HERMES_S6_SUPERVISED_CHILD=1`;
  const head = "#!/command/with-contenv sh\n";
  const drop = '[ "$(id -u)" = 0 ] || exec';
  const scripts = {
    run:
      `${head}${env}\n${drop} ${gateway} --replace\nexec s6-setuidgid hermes ${gateway} --replace\n`,
    finish: `${head}case $1 in 0 | 78) exit 125 ;; esac\n`,
    "log/run": `${head}exec s6-setuidgid hermes s6-log 1 n10 s1000000 T ${HOME}/logs\n`,
  };
  Deno.mkdirSync(`${tmp}/log`);
  for (const [name, text] of Object.entries(scripts)) {
    Deno.writeTextFileSync(`${tmp}/${name}`, text);
    Deno.chmodSync(`${tmp}/${name}`, 0o755);
  }
  makeSkeleton(tmp);
  makeSkeleton(`${tmp}/log`);
  if (down) Deno.writeTextFileSync(`${tmp}/down`, "");
}

function list(): string[] {
  try {
    return [...Deno.readDirSync(SCANDIR)].map(({ name }) => name)
      .filter((name) => name.startsWith("gateway-")).map((name) => name.slice(8)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function act(verb: string, profile: string): Promise<void> {
  const slot = `${SCANDIR}/gateway-${profile}`;
  const tmp = `${SCANDIR}/.gateway-${profile}.tmp`;
  if (verb === "list") return console.log(list().join(" "));
  if (verb === "status") return console.log((await s6("s6-svstat", slot)).trim());
  if (verb === "crash") return build(tmp, profile, false);
  if (verb === "register" || verb === "down") {
    build(tmp, profile, verb === "down");
    Deno.renameSync(tmp, slot);
    await s6("s6-svscanctl", "-a", SCANDIR);
    return;
  }
  if (!list().includes(profile)) throw new Error(`no such gateway ${profile}`);
  if (verb === "unregister") {
    await s6("s6-svc", "-d", slot);
    await s6("s6-svwait", "-D", "-t", "10000", slot);
    await s6("s6-svscanctl", "-an", SCANDIR);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return Deno.removeSync(slot, { recursive: true });
  }
  const flag: Record<string, string> = { start: "-u", stop: "-d", restart: "-t" };
  if (verb === "stop") await markPlannedStop(slot, profile);
  await s6("s6-svc", flag[verb] ?? "", slot);
  recordDesired(profile, verb === "stop" ? "stopped" : "running");
}

if (import.meta.main) {
  const [verb = "", profile = "default"] = Deno.args;
  try {
    await act(verb, profile);
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
