import fc from "fast-check";
import { toYaml } from "../../lib/cluster/yaml.ts";
import { HOSTILE_PROFILES } from "./_profiles.ts";

const map = <T>(keys: readonly string[], value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 });
const quantity = (...more: (string | number)[]) =>
  fc.constantFrom<string | number>("1Gi", "4Gi", "1e3", 1, 0, "2.5Ki", "0", ...more);
const KEYS = ["disk", "kubernetes.io/os", "a.b-c.d/E_f.G", "x".repeat(63), "constructor", "0"];
const RESOURCES = ["memory", "ephemeral-storage", "nvidia.com/gpu", "hugepages-2Mi"];

const settings = {
  image: fc.constantFrom(
    "hermes-boot",
    "registry.example:5000/a/b_c:1.2-x",
    `a@sha256:${"0".repeat(64)}`,
  ),
  requests: map(RESOURCES, quantity()),
  limits: map(["cpu"], quantity("250m", "0.1")),
  nodeSelector: map(KEYS, fc.constantFrom("", "ssd", "yes", "09", "0o17", "1_0", "n", "A.b_C-d")),
  tolerations: fc.array(
    fc.oneof(
      fc.record({ operator: fc.constant("Exists") }),
      fc.record({ key: fc.constantFrom(...KEYS), value: fc.constantFrom("", "true", "on") }),
      fc.record({
        key: fc.constant("gpu"),
        effect: fc.constant("NoExecute"),
        tolerationSeconds: fc.nat(),
      }),
    ),
    { maxLength: 3 },
  ),
};
const own = fc.record(
  {
    storage: fc.constantFrom("1Gi", "1", "1e12"),
    storageClassName: fc.constantFrom("fast", "0", "a.b-c"),
  },
  { requiredKeys: ["storage"] },
);
const profileSettings = {
  ...settings,
  volume: fc.oneof(fc.constant("shared"), fc.constant("shared"), own),
};

/** The texts of policies that are sound, however odd. */
export const policies: fc.Arbitrary<string> = fc.record({
  claim: fc.constantFrom("hermes-home", "0", "a.b-c", "x".repeat(63)),
  dashboard: fc.oneof(
    fc.constant(false),
    fc.record({ ...settings, secret: fc.constantFrom("login", "0") }, { requiredKeys: [] }),
  ),
  defaults: fc.record(profileSettings, { requiredKeys: [] }),
  profiles: fc.array(
    fc.record({
      match: fc.constantFrom("*", "a*", "?", "*-*", "[a-m]*", "*[!0-9]", ...HOSTILE_PROFILES),
      ...profileSettings,
      volume: fc.constant("shared"),
    }, { requiredKeys: ["match"] }),
    { maxLength: 5 },
  ),
}, { requiredKeys: [] }).map((policy) => toYaml([policy]));
