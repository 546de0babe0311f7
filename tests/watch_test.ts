import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { DirectoryEvents, type Watch } from "../lib/directory_events.ts";
import { glanceAtProfiles } from "../lib/glance.ts";
import { PACE, type Pace, Settling } from "../lib/settling.ts";
import { watchProfiles } from "../lib/watch.ts";
import { until } from "../tasks/_container.ts";
import { News } from "../tasks/_news.ts";
import { denoEnv, Home, IS_ROOT, mkfifo, REPO } from "./_fixtures.ts";
import { run, runSync, TempDir } from "./_temp.ts";

/** A pace for tests on real time; only its order matters. */
const FAST: Pace = {
  ...{ firstMs: 5, quietMs: 40, patienceMs: 60_000, pollMs: 50, retryMs: 20, maxRetryMs: 40 },
};

/** A settling that has acted upon "a" at the time 0, all being well. */
function settled(pace: Partial<Pace> = {}): Settling {
  const settling = new Settling({ ...PACE, ...pace }, 0);
  settling.acted("a", true, 0);
  return settling;
}

Deno.test("Settling acts upon the first mark once it has been quiet", () => {
  const settling = new Settling(PACE, 0);
  assertEquals(settling.isDue("a", 0), false);
  assertEquals(settling.waitMs(0), 500);
  assertEquals(settling.isDue("a", 499), false);
  assertEquals(settling.isDue("a", 500), true);
  settling.acted("a", true, 600);
  assertEquals(settling.isDue("a", 1_000_000), false);
});

Deno.test("Settling acts once upon a burst, after its end", () => {
  const settling = settled();
  let acts = 0;
  for (let now = 100; now <= 5000; now += 100) {
    const due = settling.isDue(`a${Math.min(now, 3000)}`, now);
    if (!due) continue;
    assert(now >= 3500, `it acted at ${now}`);
    settling.acted("a3000", true, now);
    acts++;
  }
  assertEquals(acts, 1);
});

Deno.test("Settling counts an event without a change as unrest, when a change waits", () => {
  const settling = settled();
  assertEquals(settling.isDue("b", 100), false);
  settling.stir(400);
  assertEquals(settling.isDue("b", 600), false);
  assertEquals(settling.waitMs(600), 300);
  assertEquals(settling.isDue("b", 900), true);
});

Deno.test("Settling does not wait for ever for an end of the changes", () => {
  const settling = settled();
  for (let now = 0; now < 10_000; now += 100) {
    assertEquals(settling.isDue(`b${now}`, now), false, `at ${now}`);
    settling.stir(now);
    assert(now + settling.waitMs(now) <= 10_000);
  }
  assertEquals(settling.isDue("b", 10_000), true);
});

Deno.test("Settling forgets a change that is taken back", () => {
  const settling = settled();
  settling.isDue("b", 100);
  assertEquals(settling.isDue("a", 200), false);
  assertEquals(settling.isDue("b", 9000), false, "it is a new change");
  settling.forget();
  assertEquals(settling.isDue("b", 9600), false, "it was forgotten");
});

Deno.test("Settling looks soon after an event, then ever more rarely, up to the poll", () => {
  const settling = settled();
  settling.stir(50_000);
  let now = 50_000;
  const waits: number[] = [];
  while (waits.at(-1) !== PACE.pollMs) {
    waits.push(settling.waitMs(now));
    now += waits.at(-1) ?? 0;
    assertEquals(settling.isDue("a", now), false);
  }
  assertEquals(waits[0], 250);
  assertEquals(waits, waits.toSorted((a, b) => a - b));
  for (let at = 50_000, i = 0; i < waits.length; at += waits[i++]!) {
    // What came without an event is seen soon, compared with how long it took to come.
    assert(waits[i]! <= Math.max(250, (at - 50_000) / 4), `${waits[i]} at ${at}`);
  }
  assert(waits.length < 30, `${waits.length} looks`);
});

Deno.test("Settling looks soon after an act: an event may have been lost meanwhile", () => {
  const settling = settled();
  settling.acted("a", true, 70_000);
  assertEquals(settling.waitMs(70_000), 250);
});

Deno.test("Settling tries a failed act again, ever more rarely, until it goes well", () => {
  const settling = settled();
  const gaps: number[] = [];
  let now = 0;
  for (let i = 0; i < 12; i++) {
    settling.acted("a", false, now);
    const failedAt = now;
    while (!settling.isDue("a", now)) {
      now += settling.waitMs(now);
      assert(now - failedAt <= PACE.maxRetryMs, "there is no second try");
    }
    gaps.push(now - failedAt);
  }
  assertEquals(gaps.slice(0, 4), [1000, 2000, 4000, 8000]);
  assertEquals(gaps.slice(-2), [300_000, 300_000]);
  settling.acted("a", true, now);
  assertEquals(settling.isDue("a", now + 1e9), false);
  settling.acted("a", false, now);
  assertEquals(settling.isDue("a", now + 1000), true, "the failures before were forgotten");
});

Deno.test("Settling acts upon a change without waiting for the second try", () => {
  const settling = settled();
  for (let i = 0; i < 9; i++) settling.acted("a", false, 0);
  assertEquals(settling.isDue("b", 1000), false);
  assertEquals(settling.isDue("b", 1500), true);
});

function markOf(home: Home): string {
  const glance = glanceAtProfiles(home.path);
  if (!glance.readable) throw new Error(glance.why);
  return glance.mark;
}

Deno.test("glanceAtProfiles() marks the directories that hold SOUL.md, in order", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  assertEquals(markOf(home), "");
  home.add("writer");
  home.add("coder");
  temp.mkdir("home/profiles/empty");
  temp.write("home/profiles/file");
  assertEquals(markOf(home), "+coder/+writer");
  Deno.removeSync(`${home.path}/profiles/coder/SOUL.md`);
  assertEquals(markOf(home), "+writer");
});

Deno.test("glanceAtProfiles() follows no symlink in a profile's place, hangs on no FIFO", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder");
  Deno.symlinkSync(`${home.path}/profiles/coder`, `${home.path}/profiles/link`);
  mkfifo(`${home.path}/profiles/fifo`);
  for (const name of ["pipe", "loop", "dangling", "linked"]) temp.mkdir(`home/profiles/${name}`);
  mkfifo(`${home.path}/profiles/pipe/SOUL.md`);
  Deno.symlinkSync("SOUL.md", `${home.path}/profiles/loop/SOUL.md`);
  Deno.symlinkSync("/nowhere", `${home.path}/profiles/dangling/SOUL.md`);
  Deno.symlinkSync("../coder/SOUL.md", `${home.path}/profiles/linked/SOUL.md`);
  assertEquals(markOf(home), "+coder/+linked/+pipe/?loop");
});

Deno.test({
  name:
    "glanceAtProfiles() marks a directory that it cannot look into (only others than root fail)",
  ignore: IS_ROOT,
  fn() {
    using temp = new TempDir();
    const home = new Home(temp);
    Deno.chmodSync(home.add("coder"), 0);
    assertEquals(markOf(home), "?coder");
  },
});

Deno.test("glanceAtProfiles() sees a directory without profiles, and says when there is none", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const root = `${home.path}/profiles`;
  const first = glanceAtProfiles(home.path);
  assertEquals(first.readable && first.mark, "");
  Deno.removeSync(root);
  assertEquals(glanceAtProfiles(home.path), { readable: false, why: `${root} is missing` });
  for (
    const put of [
      () => Deno.writeTextFileSync(root, ""),
      () => Deno.symlinkSync(temp.path, root),
      () => mkfifo(root),
    ]
  ) {
    put();
    assertEquals(glanceAtProfiles(home.path), {
      readable: false,
      why: `${root} is not a directory`,
    });
    Deno.removeSync(root);
  }
});

Deno.test("glanceAtProfiles() tells a directory from another one in its place", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const idOf = () => {
    const glance = glanceAtProfiles(home.path);
    return glance.readable ? glance.id : "";
  };
  const first = idOf();
  home.add("coder");
  assertEquals(idOf(), first);
  Deno.renameSync(`${home.path}/profiles`, `${home.path}/old`);
  Deno.mkdirSync(`${home.path}/profiles`);
  assertNotEquals(idOf(), first);
});

/** A watch of the test's own: `emit` hands out one event, or an error. */
function fakeWatch() {
  const waiting: PromiseWithResolvers<IteratorResult<{ kind: Deno.FsEvent["kind"] }>>[] = [];
  const events: ((one: (typeof waiting)[number]) => void)[] = [];
  const pump = () => {
    while (waiting.length > 0 && events.length > 0) events.shift()!(waiting.shift()!);
  };
  let closed = 0;
  const watch: Watch = {
    close: () => closed++,
    [Symbol.asyncIterator]: () => ({
      next() {
        const one = Promise.withResolvers<IteratorResult<{ kind: Deno.FsEvent["kind"] }>>();
        waiting.push(one);
        pump();
        return one.promise;
      },
    }),
  };
  const emit = (event: Deno.FsEvent["kind"] | Error) => {
    events.push((one) =>
      event instanceof Error
        ? one.reject(event)
        : one.resolve({ done: false, value: { kind: event } })
    );
    pump();
  };
  return { watch, emit, closed: () => closed };
}

Deno.test("DirectoryEvents tells of every event but access, also of those that cannot be read", async () => {
  const { watch, emit, closed } = fakeWatch();
  let stirred = 0;
  const warnings: string[] = [];
  {
    using events = new DirectoryEvents("/x", {
      stir: () => stirred++,
      warn: (message) => warnings.push(message),
      open: () => watch,
    });
    events.follow("1");
    events.follow("1");
    for (const kind of ["access", "create", "access", "remove"] as const) emit(kind);
    await until("two", () => stirred === 2);
    emit(new TypeError("path contains invalid UTF-8 characters"));
    emit("rename");
    await until("four", () => stirred === 4);
  }
  assertEquals([closed(), warnings], [1, []]);
});

Deno.test("DirectoryEvents opens the watch anew for another directory, and not for ever", () => {
  let [opened, stirred] = [0, 0];
  const all: ReturnType<typeof fakeWatch>[] = [];
  const warnings: string[] = [];
  using events = new DirectoryEvents("/x", {
    stir: () => stirred++,
    warn: (message) => warnings.push(message),
    open() {
      opened++;
      all.push(fakeWatch());
      return all.at(-1)!.watch;
    },
  });
  for (let i = 0; i < 1000; i++) {
    events.follow(String(i));
    // Not in the same breath: Deno would end the new watch with the old one.
    if (i > 0 && i < 100) assertEquals([opened, stirred], [i, i]);
    events.follow(String(i));
  }
  assertEquals(opened, 100);
  assertEquals(warnings, ["no more file system events: /x was replaced too often"]);
  assertEquals(all.map(({ closed }) => closed()), all.map(() => 1));
});

Deno.test("DirectoryEvents that cannot be had are one warning, and not tried again", () => {
  let opened = 0;
  const warnings: string[] = [];
  using events = new DirectoryEvents("/x", {
    stir: () => {},
    warn: (message) => warnings.push(message),
    open() {
      opened++;
      throw new Error("Too many open files (os error 24)");
    },
  });
  for (let i = 0; i < 10; i++) events.follow(String(i));
  assertEquals([opened, warnings], [1, ["no file system events: Too many open files"]]);
});

Deno.test("DirectoryEvents of a directory that has just vanished are tried again, silently", () => {
  let opened = 0;
  using events = new DirectoryEvents("/x", {
    stir: () => {},
    warn: (message) => assert(false, message),
    open() {
      opened++;
      throw new Deno.errors.NotFound("No path was found.");
    },
  });
  events.follow("1");
  events.follow("1");
  assertEquals(opened, 2);
});

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

Deno.test("News lets a line through once, until a round without it", () => {
  const news = new News();
  assertEquals([news.isNew("a"), news.isNew("b", true), news.isNew("b", true)], [
    ...[false, true, false],
  ]);
  news.turn();
  assertEquals([news.isNew("a"), news.isNew("c"), news.isNew("c")], [false, true, false]);
  news.turn();
  assertEquals(news.isNew("b", true), true);
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
      `import { watchProfiles } from "${REPO}/lib/watch.ts";
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
