import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { eventReader } from "../../rootfs/opt/hermes-boot/status/events.js";
import { wordEvent } from "../../lib/status/changes.ts";

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
