import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseFacts } from "../../lib/rules/facts.ts";
import { recorded, recorder } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const SCRIPT = "opt/hermes-boot/libexec/cluster-loop";
const CLUSTER = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

/** Runs the script as hermes, up to its `exec`; returns what env(1) was given, and the facts. */
async function start(temp: TempDir, env: Record<string, string>, args: string[] = []) {
  const tree = new Tree(temp);
  const libexec = `${tree.path}/opt/hermes-boot/libexec`;
  Deno.writeTextFileSync(`${libexec}/self.sh`, "uid=10000 caps=0\n");
  const passwd = temp.write("passwd", "hermes:x:10000:10000::/opt/data:/bin/sh\n");
  const facts = `${libexec}/write-facts.sh`;
  Deno.writeTextFileSync(
    facts,
    Deno.readTextFileSync(facts).replaceAll("/etc/passwd", passwd),
  );
  // gatewayctl's script finds that one on PATH, the loop's goes by the system's.
  tree.fake("bin/env", recorder(`${temp.path}/env`));
  tree.fake("usr/local/bin/deno", recorder(`${temp.path}/env`));
  const { code, stderr } = await tree.run(SCRIPT, { env, args });
  const text = Deno.readTextFileSync(`${tree.path}/run/hermes-boot/facts`);
  return {
    ...{ code, stderr, tree, facts: parseFacts(text) },
    words: code === 0 ? recorded(`${temp.path}/env`) : [],
  };
}

Deno.test("cluster-loop writes facts with its role, and speaks with the API server alone", async () => {
  for (const [host, api] of [["10.96.0.1", "10.96.0.1:443"], ["fd00::1", "[fd00::1]:443"]]) {
    using temp = new TempDir();
    const env = { ...CLUSTER, KUBERNETES_SERVICE_HOST: host!, SECRET: "s" };
    const { code, stderr, facts, words } = await start(temp, env, ["--dry-run"]);
    assertEquals([code, stderr], [0, ""]);
    const names = ["home", "role", "mode", "cluster_api", "refused"];
    assertEquals(names.map((name) => facts.get(name)), ["/opt/data", "cluster", "none", api, ""]);
    assertEquals(words.filter((word) => word.startsWith("--allow-net")), [`--allow-net=${api}`]);
    assertEquals(words.at(-1), "--dry-run");
    assert(!words.some((word) => word.includes("SECRET")));
  }
});

Deno.test("cluster-loop outside of a cluster can speak with nobody", async () => {
  using temp = new TempDir();
  const { words } = await start(temp, {});
  assert(words.includes("--allow-net=none.invalid:443"), words.join(" "));
});

Deno.test("cluster-loop refuses what cannot stand in a flag", async () => {
  for (const host of ["a,b", "a b", "a\nb", "a/b"]) {
    using temp = new TempDir();
    const { code, stderr, facts } = await start(temp, { KUBERNETES_SERVICE_HOST: host });
    assertEquals(code, 2);
    assertMatch(stderr, /^cluster-loop: error: KUBERNETES_SERVICE_HOST: expected [^\n]+\n$/);
    assertEquals([...facts.keys()], ["refused"]);
  }
});

Deno.test("gatewayctl in the loop's pod starts what there is, with permissions of its own", async () => {
  const script = "usr/local/bin/gatewayctl";
  for (const name of ["list", "why", "start", "stop", "help"]) {
    using temp = new TempDir();
    const { tree } = await start(temp, CLUSTER);
    const { code, stderr } = await tree.run(script, { args: [name, "coder"] });
    assertEquals([code, stderr], [0, ""]);
    const flags = recorded(`${temp.path}/env`).filter((word) => word.startsWith("--allow"));
    const kinds = flags.map((flag) => flag.split("=")[0]!.slice(8));
    const looks = ["list", "why"].includes(name);
    assertEquals(kinds.includes("net"), looks, name);
    assertEquals(kinds.includes("write"), !looks && name !== "help", name);
    assert(!kinds.includes("run"), name);
  }
  using temp = new TempDir();
  const { tree } = await start(temp, CLUSTER);
  const { code, stderr } = await tree.run(script, { args: ["restart", "coder"] });
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^gatewayctl: error: restart: expected list, why, start or stop in the loop's/,
  );
});
