import { assert, assertEquals } from "@std/assert";
import { ClusterApiError } from "../../lib/_errors.ts";
import type { Send } from "../../lib/cluster/api.ts";
import { covers, VOLUME_ANNOTATION } from "../../lib/cluster/changes.ts";
import { readDecisions } from "../../lib/cluster/desired.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { renderCluster } from "../../lib/cluster/render.ts";
import { ensureVolumeId } from "../../lib/cluster/volume_id.ts";
import { NO_RULES } from "../../lib/rules/rules.ts";
import { Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { ApiServer } from "./_api_server.ts";
import { runLoop } from "./_loop.ts";

const HISTORIES = Number(Deno.env.get("HERMES_TEST_HISTORIES") ?? 200);
const NAMES = ["coder", "writer", "my_bot", "taken", `long-${"x".repeat(60)}`, "default"];

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function numbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a killed loop throws at itself. */
const KILLED = { killed: true };

/** Sends so many requests, then is gone. */
function mortal(send: Send, requests: number): Send {
  return (request) => {
    if (requests-- > 0) return send(request);
    return Promise.reject(request.path.includes("watch=") ? new ClusterApiError(0, "") : KILLED);
  };
}

class History {
  readonly #temp = new TempDir();
  readonly home = new Home(this.#temp);
  readonly #random: () => number;
  readonly server: ApiServer;
  readonly #foreign: Map<string, unknown>;

  constructor(seed: number) {
    this.#random = numbers(seed);
    this.server = new ApiServer(this.#random);
    // What would be taken over, or removed, but for the label: it is missing, and all else is right.
    const decision = { profile: "taken", wanted: "running", topology: "per-profile" } as const;
    const [taken] = renderCluster([decision], parsePolicy(""));
    const volume = { [VOLUME_ANNOTATION]: seed % 2 === 0 ? ensureVolumeId(this.home.path) : "x" };
    const spec = { ...taken!["spec"] as object, replicas: 7 };
    const others = ["StatefulSet/hermes-taken", "StatefulSet/other", "Deployment/hermes-loop"];
    for (const key of others) {
      const metadata = { name: key.split("/")[1], annotations: volume };
      this.server.apply(key, { metadata, spec }, "kubectl");
    }
    this.#foreign = new Map(others.map((key) => [key, structuredClone(this.server.get(key))]));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  /** Somebody does something. */
  act(): void {
    const { home, server } = this;
    const name = this.pick(NAMES);
    const ours = [...server.objects.keys()].filter((key) => !this.#foreign.has(key));
    const key = this.pick(ours);
    const acts: (() => void)[] = [
      () => home.add(name, RUNNING),
      () => home.add(name, STOPPED),
      () => {
        if (name !== "default") {
          this.#temp.mkdir(`home/profiles/${name}`);
          Deno.removeSync(`${home.path}/profiles/${name}`, { recursive: true });
        }
      },
      () => key !== undefined && server.edit(key, ["spec", "replicas"], 3),
      () => key !== undefined && server.edit(key, ["metadata", "labels", "team"], "x"),
      () => key !== undefined && server.drop(key),
      () => key !== undefined && server.touch(key),
    ];
    this.pick(acts)();
  }

  /** A loop runs, and is killed at some request or ends before. */
  async live(): Promise<void> {
    const send = mortal(this.server.send, Math.floor(this.#random() * 60));
    const onSleep = () => this.#random() < 0.05 && this.act();
    try {
      await runLoop(this.home, { ...this.server, send } as ApiServer, 120_000, { onSleep });
    } catch (error) {
      if (error !== KILLED) throw error;
    }
  }

  async run(): Promise<void> {
    const { server } = this;
    server.trouble = { refuse: 0.1, lose: 0.05, expire: 0.2, hangUp: 0.1 };
    for (let lives = 0; lives < 4; lives++) {
      const isTwo = this.#random() < 0.3;
      await Promise.all([this.live(), ...isTwo ? [this.live()] : []]);
      this.act();
    }
    server.trouble = {};
    await runLoop(this.home, server, 130_000);
    this.#check();
  }

  #check(): void {
    const { server, home } = this;
    const decisions = readDecisions(home.path, NO_RULES, () => {});
    const wanted = new Map(
      renderCluster(decisions, parsePolicy("")).map((object) =>
        [`${object.kind}/${object.metadata.name}`, object] as const
      ),
    );
    const keys = [...server.objects.keys()];
    assertEquals(keys.sort(), [...new Set([...wanted.keys(), ...this.#foreign.keys()])].sort());
    for (const [key, object] of wanted) {
      if (!this.#foreign.has(key)) assert(covers(server.get(key), object), key);
    }
    for (const [key, before] of this.#foreign) assertEquals(server.get(key), before as never);
    assertEquals(server.violations, []);
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }
}

Deno.test(`after any history the cluster is what the volume asks for (${HISTORIES} at random)`, async () => {
  for (let seed = 1; seed <= HISTORIES; seed++) {
    using history = new History(seed);
    try {
      await history.run();
    } catch (error) {
      throw new Error(`history ${seed}`, { cause: error });
    }
  }
});
