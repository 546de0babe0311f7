import { assertEquals } from "@std/assert";
import { makeLook } from "../../lib/cluster/look.ts";
import { Home, mkfifo, RUNNING, STOPPED } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

Deno.test("makeLook() sees which profiles there are, and what is wanted of each", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const look = makeLook();
  const profiles = () => {
    const found = look(home.path);
    return found.readable ? found.profiles : found.problem;
  };
  assertEquals(profiles(), "/default=null");
  home.add("coder", RUNNING);
  home.add("default", STOPPED);
  assertEquals(profiles(), "+coder/default=stopped/coder=running");
  home.add("coder", STOPPED);
  assertEquals(profiles(), "+coder/default=stopped/coder=stopped");
  home.add("coder", '{"desired_state":"stopped","more":true}');
  assertEquals(profiles(), "+coder/default=stopped/coder=stopped");
  const state = `${home.path}/profiles/coder/gateway_state.json`;
  Deno.removeSync(state);
  mkfifo(state);
  assertEquals(profiles(), "+coder/default=stopped/coder=null");
  Deno.removeSync(`${home.path}/profiles`, { recursive: true });
  assertEquals(profiles(), `${home.path}/profiles is missing`);
});
