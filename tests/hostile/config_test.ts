import { type ConfigNode, CONFIGS } from "./_config.ts";
import { tryVolumes } from "./_homes.ts";
import type { Content, Files, Node, Profile, Volume } from "./_volume.ts";

const file = (content: Content): Node => ({ is: "file", content, mode: 0o644 });

function files(desired: string): Files {
  return {
    state: file({ form: "object", desired, dressing: "plain" }),
    stateDir: "absent",
    lifecycle: { is: "absent" },
    pid: { is: "absent" },
    processes: { is: "absent" },
  };
}

const profile = (name: string, desired: string): Profile => ({
  ...files(desired),
  name,
  as: "directory",
  mode: 0o755,
  soul: file({ form: "empty" }),
});

/** A home with nothing odd in it but its configuration. */
const homeWith = (config: ConfigNode): Volume => ({
  mode: 0o755,
  root: files("running"),
  config,
  profilesAs: { is: "directory", mode: 0o755 },
  profiles: [profile("coder", "running"), profile("writer", "stopped")],
  logsAs: { is: "directory", mode: 0o755 },
  log: { is: "absent" },
  oldLog: { is: "absent" },
  rules: {},
  json: false,
  twice: false,
});

const NODES: readonly ConfigNode[] = [
  ...(["absent", "fifo", "socket", "device", "hard link"] as const).map((is) => ({ is })),
  { is: "directory", full: true },
  ...(["canary", "directory", "nowhere", "itself"] as const).map((to) => ({
    is: "symlink" as const,
    to,
  })),
  { is: "file", config: "true", mode: 0o000 },
  { is: "file", config: "true", mode: 0o200 },
  ...CONFIGS.map((config) => ({ is: "file" as const, config, mode: 0o600 })),
];

Deno.test("02 takes every kind of config.yaml for on, off or a warning, and shows nothing of it", async () => {
  await tryVolumes(NODES.map(homeWith), (index) => JSON.stringify(NODES[index]));
});
