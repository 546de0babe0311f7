import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidPolicyError } from "../../lib/_errors.ts";
import { parsePolicy, settingsOf } from "../../lib/cluster/policy.ts";
import { policies } from "./_policies.ts";

const TEXT = `
defaults:
  requests: { cpu: 200m }
  nodeSelector: { disk: ssd }
  tolerations: [{ operator: Exists }]
profiles:
  - match: coder
    limits: { memory: 4Gi }
    nodeSelector: { disk: "" }
  - match: "c*"
    limits: { memory: 2Gi, nvidia.com/gpu: 1 }
    image: registry.example.com/hermes:2
  - match: "*r"
    volume: { storage: 10Gi }
    tolerations: []
`;

Deno.test("parsePolicy() has a default for everything", () => {
  for (const text of ["", "---\n", "{}", "defaults:\nprofiles:\ndashboard:\n"]) {
    const { names, ...policy } = parsePolicy(text);
    const settings = {
      image: "hermes-boot",
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { memory: "1Gi" },
      nodeSelector: {},
      tolerations: [],
    };
    assertEquals([names.size, policy], [0, {
      claim: "hermes-home",
      dashboard: { ...settings, secret: "hermes-dashboard" },
      defaults: { ...settings, volume: "shared" },
      globs: [],
    }]);
  }
  assertEquals(parsePolicy("dashboard: false").dashboard, undefined);
});

Deno.test("parsePolicy() takes the image from outside where the policy names none", () => {
  const images = (text: string) => {
    const { defaults, dashboard } = parsePolicy(text, "here:1");
    return [defaults.image, dashboard?.image];
  };
  assertEquals(images(""), ["here:1", "here:1"]);
  assertEquals(images("defaults: { image: a:2 }"), ["a:2", "a:2"]);
  assertEquals(images("dashboard: { image: b:3 }"), ["here:1", "b:3"]);
});

Deno.test("settingsOf() counts globs in their order, then names; maps are merged, lists replaced", () => {
  const policy = parsePolicy(TEXT);
  assertEquals(settingsOf(policy, "coder"), {
    image: "registry.example.com/hermes:2",
    requests: { cpu: "200m", memory: "256Mi" },
    limits: { memory: "4Gi", "nvidia.com/gpu": "1" },
    nodeSelector: { disk: "" },
    tolerations: [],
    volume: { storage: "10Gi" },
  });
  assertEquals(settingsOf(policy, "other").volume, { storage: "10Gi" });
  assertEquals(settingsOf(policy, "team").tolerations, [{ operator: "Exists" }]);
});

Deno.test("settingsOf() leaves the root profile on the shared home, whatever a glob says", () => {
  const policy = parsePolicy("profiles: [{ match: '*', volume: { storage: 1Gi } }]");
  assertEquals(settingsOf(policy, "default").volume, "shared");
  assertEquals(settingsOf(policy, "none").volume, { storage: "1Gi" });
});

const REFUSED: readonly [text: string, message: string][] = [
  ["a: [", "not YAML: Cannot read flow collection: unexpected end"],
  ["a: 1\n---\nb: 1", "not YAML: "],
  ["claim: a\nclaim: b", "not YAML: "],
  ["just words", 'expected a mapping, got "just words"'],
  ["claims: x", "claims: unknown key; expected one of claim, dashboard, defaults, profiles"],
  ["__proto__: {}", "__proto__: unknown key"],
  ["claim: Hermes", 'claim: expected a name such as hermes-home, got "Hermes"'],
  ["claim:", "claim: expected a name such as hermes-home, got nothing"],
  ["dashboard: true", "dashboard: expected a mapping, got the boolean true: quote it"],
  ["dashboard: { volume: shared }", "dashboard.volume: unknown key"],
  ["defaults: []", "defaults: expected a mapping, got a list"],
  ["defaults: { limit: {} }", "defaults.limit: unknown key; expected one of image, limits, "],
  ["defaults: { image: 'a b' }", "defaults.image: expected an image such as "],
  ["defaults: { image: 12 }", "defaults.image: expected an image such as registry"],
  ["defaults: { limits: { cpu: lots } }", "defaults.limits.cpu: expected a quantity such as "],
  ["defaults: { limits: { cpu: -1 } }", "defaults.limits.cpu: expected a quantity such as "],
  ["defaults: { limits: { '': 1 } }", "defaults.limits: expected keys such as "],
  ["defaults: { limits: { memory: 512m } }", "defaults.limits.memory: expected a whole number"],
  ["defaults: { limits: { memory: 128Mi } }", "defaults.limits.memory: expected at least the"],
  ["dashboard: { requests: { memory: 2Gi } }", "dashboard.limits.memory: expected at least the"],
  ["defaults: { nodeSelector: { gpu: true } }", "defaults.nodeSelector.gpu: expected a label's"],
  ["defaults: { nodeSelector: { 'a/b/c': x } }", "defaults.nodeSelector: expected keys such as"],
  [
    "defaults: { volume: own }",
    'defaults.volume: expected shared, or a mapping with storage, got "own"',
  ],
  [
    "defaults: { volume: {} }",
    "defaults.volume.storage: expected a size such as 10Gi, got nothing",
  ],
  ["defaults: { volume: { storage: 0 } }", "defaults.volume.storage: expected a size such as"],
  ["defaults: { tolerations: {} }", "defaults.tolerations: expected a list, got a mapping"],
  ["defaults: { tolerations: [{}] }", "defaults.tolerations[0]: expected operator: Exists where"],
  [
    "defaults: { tolerations: [{ key: a, effect: No }] }",
    "defaults.tolerations[0].effect: expected",
  ],
  ["profiles: { coder: {} }", "profiles: expected a list, got a mapping"],
  ["profiles: [coder]", 'profiles[0]: expected a mapping, got "coder"'],
  ["profiles: [{}]", "profiles[0].match: expected whom it is about, got nothing"],
  ["profiles: [{ match: 1e3 }]", "profiles[0].match: expected a profile's name, or a glob such as"],
  ["profiles: [{ match: 'a,b' }]", "profiles[0].match: expected a profile's name, or a glob such"],
  [
    "profiles: [{ match: a }, { match: b, limits: { memory: 1Mi } }]",
    "profiles[1].limits.memory: ",
  ],
  [
    "profiles: [{ match: default, volume: { storage: 1Gi } }]",
    "profiles[0].volume: expected shared",
  ],
  ["\u202e: 1", '"\\u202e": unknown key'],
];

Deno.test("parsePolicy() refuses what is malformed in one line that says where", () => {
  for (const [text, message] of REFUSED) {
    const error = assertThrows(() => parsePolicy(text), InvalidPolicyError, message, text);
    assertMatch(error.message, /^[ -~]{1,400}$/);
  }
});

Deno.test("parsePolicy() refuses anything else than a policy with its own error", () => {
  const odd = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json());
  const somewhere = fc.constantFrom("", "defaults: ", "profiles: ", "dashboard: ", "profiles:\n- ");
  fc.assert(
    fc.property(somewhere, odd, (where, text) => {
      try {
        parsePolicy(where + text);
      } catch (error) {
        if (!(error instanceof InvalidPolicyError)) throw error;
        assertMatch(error.message, /^[ -~]+$/);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parsePolicy() takes every sound policy", () => {
  fc.assert(
    fc.property(policies, (text) => {
      try {
        settingsOf(parsePolicy(text), "coder");
      } catch (error) {
        // What two entries say together may ask for more than it may take.
        assertMatch((error as Error).message, /: expected at least the request, /);
      }
    }),
    { numRuns: 500 },
  );
});
