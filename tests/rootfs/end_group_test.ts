import { assert, assertEquals, assertLess } from "@std/assert";
import { until } from "../container/container.ts";
import { exists, TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const SCRIPT = "opt/hermes-boot/libexec/end-group";

/** A process group of its own, as a service is. */
class Group implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** Its leader. */
  readonly leader: number;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.leader = child.pid;
  }

  /** Starts one that does what a script says, and touches a file when it is ready. */
  static async start(temp: TempDir, script: string): Promise<Group> {
    const ready = `${temp.path}/ready`;
    const group = new Group(
      new Deno.Command("setsid", {
        args: ["sh", "-c", `${script}\n: >"$0"; exec sleep 1000`, ready],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn(),
    );
    await until("a process group", () => exists(ready));
    return group;
  }

  /** Kills the leader alone, and waits until it is reaped. */
  async killLeader(): Promise<void> {
    Deno.kill(this.leader, "SIGKILL");
    await this.#child.status;
  }

  /** The states of its members in /proc. */
  members(): string[] {
    return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        const [state = "", , group] = Deno.readTextFileSync(`/proc/${name}/stat`)
          .replace(/^.*\) /, "").split(" ");
        return group === String(this.leader) && state !== "Z" ? [state] : [];
      } catch {
        return [];
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      Deno.kill(-this.leader, "SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
  }
}

function statOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/stat`);
}

Deno.test("end-group ends the children of a leader that was killed", async () => {
  using temp = new TempDir();
  await using group = await Group.start(temp, "sleep 1000 & sleep 1000 &");
  const leader = temp.write("leader", statOf(group.leader));
  await group.killLeader();
  assertEquals(group.members().length, 2);
  const { code, stderr } = await new Tree(temp).run(SCRIPT, { args: [leader, "10"] });
  assertEquals([code, stderr, group.members()], [0, "", []]);
});

Deno.test("end-group ends a leader that lives, too", async () => {
  using temp = new TempDir();
  await using group = await Group.start(temp, "sleep 1000 &");
  const leader = temp.write("leader", statOf(group.leader));
  assertEquals((await new Tree(temp).run(SCRIPT, { args: [leader, "10"] })).code, 0);
  assertEquals(group.members(), []);
});

Deno.test("end-group kills what ignores SIGTERM when its time is over, and not before", async () => {
  using temp = new TempDir();
  await using group = await Group.start(temp, "trap '' TERM; sleep 1000 &");
  const leader = temp.write("leader", statOf(group.leader));
  await group.killLeader();
  const start = performance.now();
  assertEquals((await new Tree(temp).run(SCRIPT, { args: [leader, "5"] })).code, 0);
  assertEquals(group.members(), []);
  const elapsed = performance.now() - start;
  assert(elapsed >= 500, `${elapsed} ms`);
  assertLess(elapsed, 4000);
});

Deno.test("end-group leaves a group alone whose number was another process's", async () => {
  using temp = new TempDir();
  await using group = await Group.start(temp, "");
  const words = statOf(group.leader).split(" ");
  words[21] = String(Number(words[21]) - 1);
  const leader = temp.write("leader", words.join(" "));
  assertEquals((await new Tree(temp).run(SCRIPT, { args: [leader, "1"] })).code, 0);
  assertEquals(group.members(), ["S"]);
});

Deno.test("end-group takes no word for a group that is none", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  // What a signal to 0, 1 or -1 would reach is this test, too. The built-in kill would be no better.
  for (const word of ["", "0", "1", "-1", "01", "-", "a", "1a", "$(id)", "*"]) {
    const leader = temp.write("leader", `${word} (sh) S 1 1 1\n`);
    const trace = await tree.source(
      [],
      `kill() { echo "kill $*"; }\nset -- '${leader}' 1\n${
        Deno.readTextFileSync(`${tree.path}/${SCRIPT}`)
      }`,
    );
    assertEquals([trace.code, trace.stdout], [0, ""], word);
  }
  const { code, stderr } = await tree.run(SCRIPT, { args: [`${temp.path}/none`, "1"] });
  assertEquals([code, stderr], [0, ""]);
});
