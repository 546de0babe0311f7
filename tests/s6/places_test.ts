import { assertEquals } from "@std/assert";
import { ISOLATED_DIR, ISOLATED_SCANDIR, SHARED_SCANDIR } from "../../lib/s6/places.ts";

Deno.test("the shared scandir is s6-overlay's, the isolated one lies in what is hermes's", () => {
  assertEquals(SHARED_SCANDIR, "/run/service");
  assertEquals(ISOLATED_SCANDIR, `${ISOLATED_DIR}/service`);
});
