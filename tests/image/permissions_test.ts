import { assertEquals } from "@std/assert";
import { permissionCells, permissionFlags, skeletonPrograms } from "../../lib/image/permissions.ts";

Deno.test("permissionFlags() makes one flag per kind and none for an empty one", () => {
  assertEquals(
    permissionFlags({ env: ["A", "B"], read: ["/a", "/b"], write: [], run: ["/usr/bin/x"] }),
    ["--allow-read=/a,/b", "--allow-run=/usr/bin/x", "--allow-env=A,B"],
  );
  assertEquals(permissionFlags({}), []);
});

Deno.test("permissionFlags() doubles a comma, as Deno expects", () => {
  assertEquals(permissionFlags({ read: ["/a,b", "/c"] }), ["--allow-read=/a,,b,/c"]);
});

Deno.test("permissionCells() has a dash where nothing is allowed", () => {
  assertEquals(permissionCells({ read: ["/a", "/b"], run: ["x"] }), "`/a`, `/b` | - | `x` | -");
});

Deno.test("skeletonPrograms() allows mkfifo only where s6-supervise is root, and permissionCells() marks it", () => {
  assertEquals(skeletonPrograms({ slotsRunAs: "hermes" }), []);
  for (const root of [{}, { slotsRunAs: "root" as const }]) {
    assertEquals(skeletonPrograms(root), ["/usr/bin/mkfifo"]);
  }
  assertEquals(
    permissionCells({ run: skeletonPrograms({}) }),
    "- | - | `/usr/bin/mkfifo` (shared) | -",
  );
});
