import { assert, assertEquals } from "@std/assert";
import { isRecordedStopped, recordIntent } from "../../lib/control/intent.ts";
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

Deno.test("recordIntent() has one that waits for its turn wait no longer, whatever is wanted", async () => {
  using temp = new TempDir();
  const places = { ...makePlaces(temp), gateway: "coder" };
  for (const [desired, left] of [["running", []], ["stopped", ["down"]]] as const) {
    for (const name of ["waits", "down"]) temp.write(`scandir/gateway-coder/${name}`);
    assertEquals(await recordIntent(places, desired), undefined);
    const files = [...Deno.readDirSync(`${places.scandir}/gateway-coder`)].map(({ name }) => name);
    assertEquals(files, [...left]);
  }
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

Deno.test("isRecordedStopped() goes by what is wanted, else by what the gateway says of itself", () => {
  for (
    const [state, stopped] of [
      ['{"desired_state":"stopped","gateway_state":"running"}', true],
      ['{"desired_state":"running","gateway_state":"stopped"}', false],
      ['{"gateway_state":"stopped"}', true],
      ["not JSON", false],
      [undefined, false],
    ] as const
  ) {
    using temp = new TempDir();
    const { home } = makePlaces(temp);
    if (state !== undefined) temp.write("home/profiles/coder/gateway_state.json", state);
    assertEquals(isRecordedStopped(home, "coder"), stopped, state);
  }
});
