import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { eventReader, follow } from "../../rootfs/opt/hermes-boot/status/events.js";
import { wordEvent } from "../../lib/status/changes.ts";

/** Has fetch() answer like this, for as long as it is not disposed of. */
function stubFetch(answer: (signal: AbortSignal) => Response): Disposable {
  const real = globalThis.fetch;
  globalThis.fetch = (_, init) => Promise.resolve(answer(init!.signal!));
  return { [Symbol.dispose]: () => void (globalThis.fetch = real) };
}

Deno.test("eventReader() reads what the server writes, in whatever pieces it comes", () => {
  const sent = [["gateways", "[1]"], ["gateway", '{"a": "b: c"}'], ["gone", ""]] as const;
  const text = "retry: 2000\n\n:\n\n" +
    sent.map(([name, data]) => wordEvent(name, data)).join(":\n\n");
  fc.assert(fc.property(fc.array(fc.nat(text.length)), (cuts) => {
    const read = eventReader();
    const ends = [...cuts.sort((a, b) => a - b), text.length];
    const events = ends.flatMap((end, i) => read(text.slice(ends[i - 1] ?? 0, end)));
    assertEquals(events, sent.map(([name, data]) => ({ name, data })));
  }));
});

Deno.test("eventReader() keeps to the format: CRLF, several data lines, other fields, no name", () => {
  const read = eventReader();
  assertEquals(read("id: 1\r\ndata: a\r\ndata:b\r\n\r\nevent: x\n\n"), [{
    name: "message",
    data: "a\nb",
  }]);
  assertEquals(read("data: half"), []);
});

Deno.test("follow() takes a connection that is silent for lost, and says when it was last heard of", async () => {
  const said: string[] = [];
  const heardAt: number[] = [];
  let connections = 0;
  using _ = stubFetch((signal) => {
    if (++connections === 3) return new Response(null, { status: 401 });
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(wordEvent("gone", "{}")));
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      }),
      { headers: { date: "Wed, 25 Nov 2026 04:07:41 GMT" } },
    );
  });
  await follow({
    connected: (now) => said.push(`connected ${now.toISOString()}`),
    event: ({ name }) => {
      heardAt.push(Date.now());
      said.push(name);
    },
    cutOff: (since) => {
      assert(Math.abs(since.getTime() - heardAt.at(-1)!) < 40);
      said.push("cut off");
    },
    loggedOut: () => said.push("logged out"),
  }, 50);
  const once = ["connected 2026-11-25T04:07:41.000Z", "gone", "cut off"];
  assertEquals(said, [...once, ...once, "logged out"]);
});
