import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseOwner } from "../lib/_owner.ts";

Deno.test("parseOwner() reads two decimal numbers", () => {
  assertEquals(parseOwner("10000:10001"), { uid: 10000, gid: 10001 });
  assertEquals(parseOwner("0:0"), { uid: 0, gid: 0 });
  const id = fc.integer({ min: 0, max: 0xfffffffe });
  fc.assert(fc.property(id, id, (uid, gid) => {
    assertEquals(parseOwner(`${uid}:${gid}`), { uid, gid });
  }));
});

Deno.test("parseOwner() refuses the ID that means 'leave as it is' to chown(2), and larger ones", () => {
  for (const text of ["4294967295:0", "0:4294967295", "4294967296:0", "99999999999:0"]) {
    assertEquals(parseOwner(text), undefined, text);
  }
});

Deno.test("parseOwner() refuses anything else", () => {
  const wrong = [
    ...["", ":", "1", "1:", ":1", "1:2:3", "-1:0", "+1:0", "1.0:2", "0x1:2", "1e3:2"],
    ...["root:root", " 1:2", "1:2 ", "1:2\n", "1 : 2", "١:٢"],
  ];
  for (const text of wrong) assertEquals(parseOwner(text), undefined, JSON.stringify(text));
  fc.assert(fc.property(fc.string().filter((text) => !/^\d+:\d+$/.test(text)), (text) => {
    assertEquals(parseOwner(text), undefined);
  }));
});
