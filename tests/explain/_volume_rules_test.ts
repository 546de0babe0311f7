import { assertEquals, assertMatch } from "@std/assert";
import { elsewhere, onTheVolume } from "../../lib/explain/_volume_rules.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { CONTAINER, gateway } from "../_gateway_facts.ts";

const DIR = "/h/profiles/coder";
const AWAY = { rule: "other-shard", reason: "member 2 has it", outside: "SHARD is 1/2" } as const;

const CASES: readonly [
  changes: Partial<GatewayFacts>,
  cause: string,
  help: string | undefined,
  text: RegExp,
][] = [
  [{ found: "nothing" }, "removed", "gatewayctl unregister coder", /no directory \/h\//],
  [{ found: "no SOUL.md" }, "removed", "gatewayctl unregister coder", /no \S+\/SOUL.md$/],
  [{ found: "nothing", slot: "none" }, "no-profile", undefined, /no directory \/h\//],
  [{ found: "nothing", slot: "none", problem: "bad" }, "no-profile", undefined, /: bad$/],
  [
    ...[{ found: "no SOUL.md", slot: "none" }, "no-soul"] as const,
    ...[`touch ${DIR}/SOUL.md && gatewayctl sync`, /SOUL.md$/] as const,
  ],
  [
    ...[{ found: "reserved", freeName: "coder-2" }, "reserved-name"] as const,
    ...[`mv ${DIR} ${DIR}-2 && gatewayctl sync`, /the root profile's/] as const,
  ],
  [
    ...[{ found: "symlink", target: { path: "/x", isProfile: false } }, "symlink"] as const,
    `cp -a ${DIR}/. ${DIR}.copy && rm ${DIR} && mv ${DIR}.copy ${DIR} && gatewayctl sync`,
    /symlink to \/x, and only/,
  ],
  [
    ...[{ found: "symlink", target: { path: "/h", isProfile: true } }, "symlink"] as const,
    ...[`rm ${DIR}`, /symlink to \/h, which has a gateway of its own/] as const,
  ],
  [
    ...[{ found: "unreadable", problem: "no", obstacle: { text: "m", help: "fix" } }] as const,
    ...["unreadable", "fix && gatewayctl sync", /: no: m$/] as const,
  ],
];

Deno.test("onTheVolume() names what stands between a name and a profile, and what helps", () => {
  for (const [changes, cause, help, text] of CASES) {
    const answer = onTheVolume(gateway(changes), CONTAINER);
    assertEquals([answer?.cause, answer?.help], [cause, help]);
    assertMatch(answer?.text ?? "", text);
    assertEquals(answer?.outside, undefined);
  }
});

Deno.test("onTheVolume() leaves a directory that hermes may work in, and cannot, to the outside", () => {
  const answer = onTheVolume(gateway({ found: "unreadable", problem: "EIO" }), CONTAINER);
  assertEquals([answer?.help, answer?.outside], [undefined, `${DIR}: EIO`]);
});

Deno.test("onTheVolume() has a name that is not legal replaced by one that is, whatever is in it", () => {
  const profile = "it's\na bot";
  const dir = `/h/profiles/${profile}`;
  const facts = gateway({ profile, dir, slot: "none", problem: "x", freeName: "it-s-a-bot" });
  assertEquals(
    onTheVolume(facts, CONTAINER)?.help,
    [
      `mv '/h/profiles/it'\\''s'?'a bot' /h/profiles/it-s-a-bot && gatewayctl sync`,
    ].join(),
  );
});

Deno.test("onTheVolume() has nothing to say of a profile", () => {
  assertEquals(onTheVolume(gateway(), CONTAINER), undefined);
});

Deno.test("elsewhere() says who has it, as long as it is not here, too", () => {
  const facts = gateway({ away: AWAY, slot: "none" });
  assertEquals(elsewhere(facts, CONTAINER), {
    ...{ cause: "other-shard", text: AWAY.reason, outside: AWAY.outside },
  });
  assertEquals(elsewhere(gateway({ away: AWAY }), CONTAINER), undefined);
  assertEquals(elsewhere(gateway({ slot: "none" }), CONTAINER), undefined);
});

Deno.test("elsewhere() misses no gateway where the container has the dashboard alone", () => {
  const answer = elsewhere(gateway({ slot: "none" }), { ...CONTAINER, role: "dashboard" });
  assertEquals([answer?.cause, answer?.help], ["dashboard-container", undefined]);
  assertMatch(answer?.outside ?? "", /dashboard or serve/);
});
