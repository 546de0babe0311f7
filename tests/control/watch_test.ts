import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Watch } from "../../lib/control/directory_events.ts";
import { glanceAtProfiles } from "../../lib/profile/fingerprint.ts";
import type { Pace } from "../../lib/control/pace.ts";
import { watchProfiles } from "../../lib/control/watch.ts";
import { until } from "../container/container.ts";
import { denoEnv, Home, mkfifo, REPO } from "../_fixtures.ts";
import { run, runSync, TempDir } from "../_temp.ts";

/** A pace for tests on real time; only its order matters. */
const FAST: Pace = {
  ...{ firstMs: 5, quietMs: 40, patienceMs: 60_000, pollMs: 50, retryMs: 20, maxRetryMs: 40 },
};

/** A watch of a home's profiles that runs until it is disposed of. */
class Watched implements AsyncDisposable {
  readonly said: string[] = [];
  readonly marks: string[] = [];
  /** What each sync was told of `intact`. */
  readonly intact: boolean[] = [];
  /** What each sync returns. */
  ok = true;
  /** Called at the start of each sync. */
  during = () => {};
  readonly #end = new AbortController();
  readonly #done: Promise<void>;

  constructor(home: string, options: { open?: () => Watch; pace?: Pace; now?: () => number } = {}) {
    this.#done = watchProfiles({
      ...{ home, pace: FAST, signal: this.#end.signal, ...options },
      inform: (message) => this.said.push(message),
      warn: (message) => this.said.push(`warning: ${message}`),
      sync: (intact) => {
        this.during();
        const glance = glanceAtProfiles(home);
        this.marks.push(glance.readable ? glance.mark : "");
        this.intact.push(intact());
        return Promise.resolve(this.ok);
      },
    });
  }

  async [Symbol.asyncDispose]() {
    this.#end.abort();
    await this.#done;
  }
}

const noEvents = (): Watch => {
  throw new Error("no events");
};

for (const [what, options] of [["with", {}], ["without", { open: noEvents }]] as const) {
  Deno.test(`watchProfiles() ${what} events syncs at the start, and when profiles come or go`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("coder");
    await using watched = new Watched(home.path, options);
    await until("the first", () => watched.marks.length === 1);
    home.add("writer");
    await until("the second", () => watched.marks.length === 2);
    Deno.removeSync(`${home.path}/profiles/coder`, { recursive: true });
    await until("the third", () => watched.marks.length === 3);
    assertEquals(watched.marks, ["+coder", "+coder/+writer", "+writer"]);
    assertEquals(watched.intact, [true, true, true]);
    assertEquals(
      watched.said,
      what === "with" ? [] : ["warning: no file system events: no events"],
    );
  });
}

Deno.test("watchProfiles() that has been quiet for hours notices by an event, also in a new directory", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  let [hours, calls] = [0, 0];
  await using watched = new Watched(home.path, {
    pace: { ...FAST, pollMs: 3_600_000 },
    now: () => (calls++, performance.now() + hours * 3_600_000),
  });
  const afterHours = async () => {
    const before = calls;
    hours += 5;
    // A look in which the clock is asked three times; the next one is an hour away.
    await until("the last look", () => calls >= before + 3);
  };
  await until("the first", () => watched.marks.length === 1);
  await afterHours();
  home.add("coder");
  await until("coder", () => watched.marks.at(-1) === "+coder");
  Deno.renameSync(`${home.path}/profiles`, `${home.path}/old`);
  home.add("scout");
  await until("the new directory", () => watched.marks.at(-1) === "+scout");
  await afterHours();
  home.add("late");
  await until("a profile in it", () => watched.marks.at(-1) === "+late/+scout");
});

Deno.test("watchProfiles() syncs once for three hundred profiles made one after the other", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  await using watched = new Watched(home.path, { pace: { ...FAST, quietMs: 1000 } });
  await until("the first", () => watched.marks.length === 1);
  for (let i = 0; i < 300; i++) {
    home.add(`p${i}`);
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await until("the second", () => watched.marks.length === 2);
  assertEquals(watched.marks[1]?.split("/").length, 300);
});

Deno.test("watchProfiles() sees what came during a sync", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  await using watched = new Watched(home.path);
  watched.during = () => {
    if (watched.marks.length === 1) home.add("late");
  };
  await until("the first", () => watched.marks.length === 1);
  home.add("coder");
  await until("the third", () => watched.marks.length === 3);
  assertEquals(watched.marks, ["", "+coder/+late", "+coder/+late"]);
});

Deno.test("watchProfiles() syncs again after one that failed, and not after one that went well", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  await using watched = new Watched(home.path);
  watched.ok = false;
  await until("four", () => watched.marks.length === 4);
  watched.ok = true;
  await until("the last", () => watched.marks.length === 5);
  home.add("coder");
  await until("the next", () => watched.marks.length > 5);
  assertEquals(watched.marks[5], "+coder");
});

Deno.test("watchProfiles() waits while profiles is no directory, with one warning, and goes on", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const root = `${home.path}/profiles`;
  home.add("coder");
  await using watched = new Watched(home.path);
  await until("the first", () => watched.marks.length === 1);
  Deno.renameSync(root, `${home.path}/away`);
  await until("a warning", () => watched.said.length === 1);
  mkfifo(root);
  await until("another", () => watched.said.length === 2);
  Deno.removeSync(root);
  Deno.symlinkSync(`${home.path}/away`, root);
  Deno.removeSync(root);
  Deno.renameSync(`${home.path}/away`, root);
  await until("the end of it", () => watched.said.some((line) => line.endsWith("is back")));
  assertMatch(watched.said[0]!, /profiles is missing: nothing is done while it is so$/);
  assertMatch(watched.said[1]!, /profiles is not a directory: nothing is done/);
  assertEquals(watched.marks, ["+coder"], "nothing has changed, but it synced");
  home.add("writer");
  await until("the second", () => watched.marks.length === 2);
});

Deno.test("watchProfiles() says to a sync when profiles is not what it was", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const root = `${home.path}/profiles`;
  home.add("coder");
  await using watched = new Watched(home.path);
  watched.during = () => {
    if (watched.marks.length === 0) Deno.renameSync(root, `${home.path}/away`);
  };
  await until("the first", () => watched.marks.length === 1);
  watched.during = () => {
    Deno.renameSync(root, `${home.path}/other`);
    Deno.mkdirSync(root);
    watched.during = () => {};
  };
  Deno.mkdirSync(root);
  await until("the second", () => watched.marks.length >= 2);
  assertEquals(watched.intact.slice(0, 2), [false, false]);
});

Deno.test("watchProfiles() passes on what a sync throws", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const ignore = () => {};
  const sync = () => Promise.reject(new TypeError("a bug"));
  await assertRejects(
    () => watchProfiles({ home: home.path, sync, inform: ignore, warn: ignore, pace: FAST }),
    TypeError,
  );
});

Deno.test("watchProfiles() survives names that are not UTF-8", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  await using watched = new Watched(home.path);
  await until("the first", () => watched.marks.length === 1);
  for (let i = 0; i < 5; i++) {
    runSync("sh", "-c", `mkdir "$(printf '${home.path}/profiles/x\\377${i}')"`);
  }
  home.add("coder");
  await until("the second", () => watched.marks.length === 2);
  assertEquals(watched.marks[1], "+coder");
});

/** What a program prints in a user namespace that has no inotify instance to give. */
async function withoutInotify(args: readonly string[]): Promise<string> {
  const script = 'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"';
  const { code, stdout } = await run("/usr/bin/unshare", {
    args: ["--user", "--map-root-user", "sh", "-c", script, "sh", ...args],
    env: denoEnv(),
  });
  return code === 0 ? stdout : "";
}

const NO_NAMESPACES = await withoutInotify(["echo", "ok"]) !== "ok\n";

Deno.test({
  name: "watchProfiles() without inotify says so once and looks (needs user namespaces)",
  ignore: NO_NAMESPACES,
  async fn() {
    using temp = new TempDir();
    const home = new Home(temp);
    const program = temp.write(
      "program.ts",
      `import { watchProfiles } from "${REPO}/lib/control/watch.ts";
const [home = ""] = Deno.args;
const say = (word: string) => (text: string) => console.log(word, text.replace(home, "HOME"));
let syncs = 0;
await watchProfiles({
  ...{ home, inform: say("info"), warn: say("warning"), pace: ${JSON.stringify(FAST)} },
  sync() {
    console.log("sync");
    if (++syncs === 3) Deno.exit();
    Deno.mkdirSync(home + "/profiles/p" + syncs);
    Deno.writeTextFileSync(home + "/profiles/p" + syncs + "/SOUL.md", "");
    return Promise.resolve(true);
  },
});
`,
    );
    const args = ["run", "--allow-read", "--allow-write", program, home.path];
    const lines = await withoutInotify([Deno.execPath(), ...args]);
    assertEquals(
      lines,
      "warning no file system events: Too many open files\nsync\nsync\nsync\n",
    );
  },
});
