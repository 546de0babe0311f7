import { assert, assertEquals } from "@std/assert";
import { parseSelection } from "../lib/rules/selection.ts";
import { composed, judgeCompose, readManifest } from "./_deploy.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test("compose.yaml is what the Compose specification's schema allows, and no more", () => {
  assertEquals(judgeCompose(readManifest("compose.yaml")), null);
  for (const wrong of [{ cap_dropp: ["ALL"] }, { read_only: "very" }]) {
    const manifest = readManifest("compose.yaml");
    Object.assign(manifest.services.gateways, wrong);
    assert(judgeCompose(manifest) !== null);
  }
});

Deno.test("no probe of compose.yaml fails for what one tenant has done", () => {
  const { gateways } = readManifest("compose.yaml").services;
  assertEquals(gateways.healthcheck.test.join(" "), "CMD /opt/hermes-boot/libexec/probe readyz");
});

Deno.test("only one of compose.yaml's containers runs gateways, the other the dashboard", () => {
  const [gateways, dashboard] = composed();
  const runs = (env: Record<string, string> = {}) =>
    parseSelection({ profiles: env.HERMES_GATEWAY_PROFILES }).away("coder") === undefined;
  assertEquals([runs(gateways?.env), runs(dashboard?.env)], [true, false]);
  const dashboards = [gateways, dashboard].map((one) => one?.env.HERMES_DASHBOARD);
  assertEquals(dashboards, [undefined, "1"]);
  const { services } = readManifest("compose.yaml");
  assertEquals(services.gateways.volumes, services.dashboard.volumes);
});

for (const { name, capabilities, readOnly, env } of composed()) {
  Deno.test(`${name} gets a read-only root and no capability it does not need`, () => {
    assertEquals([capabilities, readOnly], [["CHOWN", "SETGID", "SETUID"], true]);
    // s6-overlay must be told; root without CAP_KILL must leave supervising to hermes.
    assertEquals([env.S6_READ_ONLY_ROOT, env.HERMES_SUPERVISION], ["1", "isolated"]);
  });
}

Deno.test("every container drops all capabilities and gains no privileges", () => {
  const { services } = readManifest("compose.yaml");
  for (const { cap_drop, security_opt, tmpfs } of Object.values<Json>(services)) {
    assertEquals(cap_drop.concat(security_opt), ["ALL", "no-new-privileges:true"]);
    assert(tmpfs.some((entry: string) => entry.startsWith("/run:exec")));
  }
});
