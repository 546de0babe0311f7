import { assert, assertEquals } from "@std/assert";
import { isMeantStopped, recordIntent } from "../../lib/control/intent.ts";
import { exists, TempDir } from "../_temp.ts";

function makePlaces(temp: TempDir) {
  temp.mkdir("scandir/gateway-coder");
  temp.mkdir("scandir/gateway-default");
  temp.mkdir("home/profiles/coder");
  return { home: `${temp.path}/home`, scandir: `${temp.path}/scandir`, profile: "coder" };
}

Deno.test("recordIntent() records it for the next container start, and in the gateway's slot", async () => {
  using temp = new TempDir();
  const places = makePlaces(temp);
  const down = (slot: string) => exists(`${places.scandir}/gateway-${slot}/down`);
  const recorded = () =>
    JSON.parse(Deno.readTextFileSync(`${places.home}/profiles/coder/gateway_state.json`));
  assertEquals(await recordIntent({ ...places, gateway: "coder" }, "stopped"), undefined);
  assertEquals([recorded().desired_state, down("coder")], ["stopped", true]);
  temp.write("scandir/gateway-default/down");
  assertEquals(await recordIntent({ ...places, gateway: "default" }, "running"), undefined);
  assertEquals([recorded().desired_state, down("coder"), down("default")], [
    ...["running", true, false],
  ]);
  assert(!exists(`${places.home}/gateway_state.json`));
});

Deno.test("recordIntent() says why it could not", async () => {
  using temp = new TempDir();
  const places = { ...makePlaces(temp), profile: "gone", gateway: "default" };
  const failure = await recordIntent(places, "running");
  assertEquals(failure?.name, "IntentNotRecordedError");
  assertEquals(
    failure?.message,
    'gone: s6 was told, but "running" is not recorded (No such file or directory): ' +
      "it does not start with the next container",
  );
});

Deno.test("isMeantStopped() goes by the state file, and by the slot where that says nothing of it", () => {
  for (
    const [state, down, stopped] of [
      ['{"desired_state":"stopped"}', false, true],
      ['{"desired_state":"running"}', true, false],
      ['{"gateway_state":"stopped"}', false, false],
      ['{"gateway_state":"running"}', true, true],
      ["not JSON", true, true],
      [undefined, true, true],
      [undefined, false, false],
    ] as const
  ) {
    using temp = new TempDir();
    const places = { ...makePlaces(temp), gateway: "coder" };
    if (state !== undefined) temp.write("home/profiles/coder/gateway_state.json", state);
    if (down) temp.write("scandir/gateway-coder/down");
    assertEquals(isMeantStopped(places), stopped, `${state} ${down}`);
  }
});
