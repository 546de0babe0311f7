import { assert, assertEquals } from "@std/assert";
import { DirectoryEvents, type Watch } from "../../lib/control/directory_events.ts";
import { until } from "../container/container.ts";

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

Deno.test("DirectoryEvents follow the same directory again after they were stopped", () => {
  let opened = 0;
  using events = new DirectoryEvents("/x", {
    stir: () => {},
    warn: (message) => assert(false, message),
    open() {
      opened++;
      return fakeWatch().watch;
    },
  });
  for (const id of ["1", "1"]) {
    events.follow(id);
    events[Symbol.dispose]();
  }
  assertEquals(opened, 2);
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
