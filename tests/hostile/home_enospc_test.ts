import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { recordDesiredState } from "../../lib/profile/desired_state.ts";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import { assertWholeSlot, Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { exists, runSync, type TempDir } from "../_temp.ts";
import { CAN_MOUNT, Tmpfs } from "../_tmpfs.ts";
import { HERMES, Installation } from "./_install.ts";

/** A home on a small tmpfs that has no byte left; disposing of it unmounts it. */
class FullHome extends Home implements Disposable {
  readonly #tmpfs: Tmpfs;

  constructor(temp: TempDir) {
    const path = temp.mkdir("home");
    const tmpfs = new Tmpfs(path, "size=256k,mode=755");
    super(temp);
    this.#tmpfs = tmpfs;
    this.add("default", RUNNING);
    this.add("coder", STOPPED);
    temp.mkdir("scandir");
    assertThrows(() => Deno.writeFileSync(`${path}/filler`, new Uint8Array(1 << 20)), Error);
    runSync("chown", "-R", `${HERMES.uid}:${HERMES.gid}`, path, this.scandir);
  }

  [Symbol.dispose](): void {
    this.#tmpfs[Symbol.dispose]();
  }
}

/** A test with a full home; only root can mount a tmpfs. */
function fullTest(name: string, fn: (home: FullHome, installation: Installation) => unknown): void {
  Deno.test({
    name: `${name} (only root can mount a tmpfs)`,
    ignore: !CAN_MOUNT,
    async fn() {
      using installation = new Installation();
      using temp = installation.workDir();
      using home = new FullHome(temp);
      await fn(home, installation);
    },
  });
}

fullTest("a full volume costs the boot its log and nothing else", async (home, installation) => {
  const places = { home: home.path, scandir: home.scandir };
  const { code, stdout, stderr } = await installation.run(RECONCILE_PROFILES, places);
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /^reconcile: warning: cannot write the boot log: .*No space left.*\n$/);
  assertMatch(stdout, /^reconcile: 1 started, 1 registered, 0 skipped in \d+ ms$/m);
  assertWholeSlot(home.slot("default"), { down: false, uid: HERMES.uid });
  assertWholeSlot(home.slot("coder"), { down: true, uid: HERMES.uid });
});

fullTest("what cannot be recorded on a full volume leaves the old state intact", (home) => {
  const dir = `${home.path}/profiles/coder`;
  assertThrows(() => recordDesiredState(dir, "running", new Date()), Error, "No space left");
  assertEquals(Deno.readTextFileSync(`${dir}/gateway_state.json`), STOPPED);
  assert(!exists(`${dir}/gateway_state.json.new`));
});
