import { assertEquals, assertStringIncludes } from "@std/assert";
import { readRecordedState, recordedState } from "../../lib/profile/recorded_state.ts";
import { mkfifo, RUNNING } from "../_fixtures.ts";
import { TempDir, writeFile } from "../_temp.ts";

const NOTHING = { state: null, setBy: null, setAt: null };

Deno.test("recordedState() tells the operator's word from the gateway's", () => {
  const at = { updated_at: 1795000000 };
  assertEquals(recordedState({ desired_state: "stopped", gateway_state: "running", ...at }), {
    ...{ state: "stopped", setBy: "operator", setAt: new Date(1795000000000) },
  });
  assertEquals(recordedState({ gateway_state: "draining", updated_at: "2026-11-22T00:00:00Z" }), {
    ...{ state: "running", setBy: "gateway", setAt: new Date("2026-11-22T00:00:00Z") },
  });
  assertEquals(recordedState({ desired_state: 1, updated_at: 5 }), {
    ...{ state: null, setBy: null, setAt: new Date(5000) },
  });
  for (const updated_at of [null, "soon", 1e300, {}]) {
    assertEquals(recordedState({ desired_state: "running", updated_at }).setAt, null);
  }
});

Deno.test("readRecordedState() finds nothing, and nothing wrong, where there is no file", () => {
  using temp = new TempDir();
  assertEquals(readRecordedState(temp.path), NOTHING);
  assertEquals(readRecordedState(`${temp.path}/nowhere`), NOTHING);
});

Deno.test("readRecordedState() finds no state in what is no usable file, and says why", () => {
  const write = (content: string | Uint8Array<ArrayBuffer>) => (path: string) =>
    writeFile(path, content);
  const link = (path: string) => {
    writeFile(`${path}.real`, RUNNING);
    Deno.symlinkSync(`${path}.real`, path);
  };
  for (
    const [make, problem] of [
      [Deno.mkdirSync, "gateway_state.json is not a regular file"],
      [mkfifo, "gateway_state.json is not a regular file"],
      [link, "gateway_state.json is not a regular file"],
      [write("secret {"), "gateway_state.json: not JSON"],
      [write('["running"]'), "gateway_state.json: not a JSON object"],
      [write(Uint8Array.of(0x22, 0xff, 0x22)), "gateway_state.json: not UTF-8"],
      [write(RUNNING + " ".repeat(1 << 20)), "gateway_state.json: larger than 1048576 bytes"],
    ] as [make: (path: string) => void, problem: string][]
  ) {
    using temp = new TempDir();
    make(`${temp.path}/gateway_state.json`);
    assertEquals(readRecordedState(temp.path), { ...NOTHING, problem });
    const { problem: none, ...state } = readRecordedState(temp.write("file"));
    assertEquals(state, NOTHING);
    assertStringIncludes(none ?? "", "gateway_state.json: ");
  }
});
