import { assert, assertEquals, assertMatch } from "@std/assert";
import { parser } from "@prometheus-io/lezer-promql";
import Ajv from "ajv";
import { CAUSES } from "../lib/explain/causes.ts";
import { renderMetrics } from "../lib/explain/metrics.ts";
import { DEPLOY, readManifest } from "./_deploy.ts";
import { denoEnv, REPO } from "./_fixtures.ts";
import { scrape } from "./_prometheus.ts";
import { type Outcome, run, TempDir } from "./_temp.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const TEXT = { type: "string", minLength: 1 };
const TEXTS = { type: "object", additionalProperties: TEXT };
const DURATION = { type: "string", pattern: "^([0-9]+(ms|[smhdwy]))+$" };

/** What Prometheus takes for a file of rules, as far as there are alerts in it. */
const RULES = {
  type: "object",
  required: ["groups"],
  additionalProperties: false,
  properties: {
    groups: {
      type: "array",
      items: {
        type: "object",
        required: ["name", "rules"],
        additionalProperties: false,
        properties: {
          ...{ name: TEXT, interval: DURATION, limit: { type: "integer" }, labels: TEXTS },
          rules: {
            type: "array",
            items: {
              type: "object",
              required: ["alert", "expr"],
              additionalProperties: false,
              properties: {
                ...{ alert: { ...TEXT, pattern: "^[A-Z][A-Za-z]*$" }, expr: TEXT, for: DURATION },
                ...{ keep_firing_for: DURATION, labels: TEXTS, annotations: TEXTS },
              },
            },
          },
        },
      },
    },
  },
};

function judgeRules(file: Json): boolean {
  return new (Ajv as Json)({ strict: true }).compile(RULES)(file);
}

/** What a container with one gateway shows. */
const SHOWN = scrape(renderMetrics(
  ...[
    { version: "1", hermesVersion: "1", bootSeconds: 1, services: 1, servicesMax: 1 },
    [{
      ...{ profile: "a", cause: "running", state: "running", up: true, wanted: true, restarts: 1 },
      ...{ bootAction: "started", startTimeSeconds: 1, cpuSeconds: 1, rssBytes: 1, logBytes: 1 },
    }],
  ] as Parameters<typeof renderMetrics>,
));

/** Finds what is wrong with a query: its syntax, a metric or a label that nobody shows. */
function queryProblems(query: string): string[] {
  const problems: string[] = [];
  const plain = query.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*");
  parser.parse(plain).iterate({
    enter: (node) => {
      if (node.type.isError) problems.push(`syntax: ${query}`);
      if (node.name !== "VectorSelector") return;
      const [, name = "", matchers = ""] =
        /^(\w+)(?:\{(.*)\})?$/.exec(plain.slice(node.from, node.to)) ?? [];
      const labels = new Set(
        SHOWN.get(name)?.metrics.flatMap(({ labels = {} }) => Object.keys(labels)),
      );
      if (!SHOWN.has(name)) problems.push(`no such metric: ${name}`);
      for (const [, label = "", , value = ""] of matchers.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)) {
        if (label !== "instance" && !labels.has(label)) problems.push(`${name} has no ${label}`);
        const known = label === "cause"
          ? Object.keys(CAUSES)
          : label === "state"
          ? Object.values(CAUSES).map(([kind]) => String(kind))
          : [value];
        for (const one of value.split("|")) {
          if (!known.includes(one) && !known.includes(value)) {
            problems.push(`${label} is never ${one}`);
          }
        }
      }
    },
  });
  return problems;
}

Deno.test("the judge of queries finds what is wrong with one", () => {
  for (
    const [query, problem] of [
      ["hermes_gateway_up ==", "syntax: hermes_gateway_up =="],
      ["rate(hermes_gateway_starts_total[5m])", "no such metric: hermes_gateway_starts_total"],
      ['hermes_gateway_up{cause="running"}', "hermes_gateway_up has no cause"],
      ['hermes_gateway_state{cause=~"logger-down|cold"}', "cause is never cold"],
      ['hermes_gateway_state{state="broken"}', "state is never broken"],
    ] as const
  ) assertEquals(queryProblems(query)[0], problem);
});

Deno.test("alerts.yaml is what Prometheus takes, and no more", () => {
  assert(judgeRules(readManifest("prometheus/alerts.yaml")));
  for (const wrong of [{ expression: "up" }, { for: "soon" }, { labels: { severity: 1 } }]) {
    const file = readManifest("prometheus/alerts.yaml");
    Object.assign(file.groups[0].rules[0], wrong);
    assert(!judgeRules(file), JSON.stringify(wrong));
  }
});

Deno.test("the alerts ask for what there is, and say which gateway it is about", () => {
  const { groups: [{ rules }] } = readManifest("prometheus/alerts.yaml");
  assertEquals(rules.map(({ alert }: Json) => alert), [
    "HermesGatewayFailed",
    "HermesGatewayCrashLoop",
    "HermesLoggerDown",
    "HermesSvscanNearlyFull",
  ]);
  for (const { alert, expr, labels, annotations } of rules) {
    assertEquals(queryProblems(expr), [], alert);
    assertMatch(labels.severity, /^(warning|critical)$/);
    const isAboutOne = !alert.includes("Svscan");
    assertEquals(annotations.summary.includes("{{ $labels.profile }}"), isAboutOne, alert);
    assertMatch(annotations.description, /gatewayctl (why|logs|doctor)/);
  }
});

/** Judges a dashboard by the types generated from Grafana's schema: unknown fields are errors. */
async function judgeDashboard(dashboard: Json): Promise<Outcome> {
  using temp = new TempDir();
  const { panels, ...rest } = dashboard;
  // The types of a query are its data source's own.
  const bare = panels.map(({ targets: _, ...panel }: Json) => panel);
  const text = `import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
// An enum's values, as JSON has them.
type Plain<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
export const dashboard: Plain<Dashboard> = ${JSON.stringify({ ...rest, panels: bare })};\n`;
  return await run(Deno.execPath(), {
    args: ["check", `--config=${REPO}/deno.json`, temp.write("dashboard.ts", text)],
    env: denoEnv(),
    timeoutMs: 60_000,
  });
}

const readDashboard = (): Json =>
  JSON.parse(Deno.readTextFileSync(`${DEPLOY}/grafana/dashboard.json`));

Deno.test("dashboard.json is what Grafana's schema allows, and no more", async () => {
  const { code, stderr } = await judgeDashboard(readDashboard());
  assertEquals(code, 0, stderr);
  const wrong = readDashboard();
  wrong.panels[0].gridPos.width = 6;
  wrong.refresh = 30;
  const outcome = await judgeDashboard(wrong);
  assertEquals(outcome.code, 1);
  assertMatch(outcome.stderr, /'"?width"?' does not exist/);
});

Deno.test("the dashboard's panels ask for what there is, in places of their own", () => {
  const { panels } = readDashboard();
  const places = new Set<string>();
  for (const { title, targets, gridPos: { x, y, w, h }, datasource } of panels) {
    assertEquals(datasource, { type: "prometheus", uid: "${datasource}" });
    for (const { expr } of targets) {
      const query = expr.replace(/ or vector\(0\)$/, "");
      assertEquals(queryProblems(query), [], title);
    }
    for (let row = y; row < y + h; row++) {
      for (let column = x; column < x + w; column++) {
        assert(column < 24 && !places.has(`${column} ${row}`), title);
        places.add(`${column} ${row}`);
      }
    }
  }
  assertEquals(new Set(panels.map(({ id }: Json) => id)).size, panels.length);
});
