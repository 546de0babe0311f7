import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { exposeMetrics, type MetricFamily } from "../../lib/explain/exposition.ts";
import { metricsProblems, openMetricsProblems, scrape } from "../_prometheus.ts";

const UP: MetricFamily = {
  ...{ name: "test_up", type: "gauge", help: "Whether it is up." },
  samples: [[{ profile: "coder" }, 1], [{ profile: "writer" }, 0]],
};
const CPU: MetricFamily = {
  ...{ name: "test_cpu_seconds", type: "counter", unit: "seconds", help: "CPU time." },
  samples: [[{}, 12.5]],
};
const BUILD: MetricFamily = {
  ...{ name: "test_build", type: "info", help: "What runs here." },
  samples: [[{ version: "1.0" }, 1]],
};

Deno.test("exposeMetrics() words gauges, counters and infos as Prometheus reads them", () => {
  assertEquals(
    exposeMetrics([UP, CPU, BUILD]),
    `# HELP test_up Whether it is up.
# TYPE test_up gauge
test_up{profile="coder"} 1
test_up{profile="writer"} 0
# HELP test_cpu_seconds_total CPU time.
# TYPE test_cpu_seconds_total counter
test_cpu_seconds_total 12.5
# HELP test_build_info What runs here.
# TYPE test_build_info gauge
test_build_info{version="1.0"} 1
`,
  );
  assertEquals(metricsProblems(exposeMetrics([UP, CPU, BUILD])), []);
});

Deno.test("exposeMetrics() words the same as OpenMetrics, with units and an end", () => {
  const text = exposeMetrics([UP, CPU, BUILD], "openmetrics");
  assertEquals(
    text,
    `# TYPE test_up gauge
# HELP test_up Whether it is up.
test_up{profile="coder"} 1
test_up{profile="writer"} 0
# TYPE test_cpu_seconds counter
# UNIT test_cpu_seconds seconds
# HELP test_cpu_seconds CPU time.
test_cpu_seconds_total 12.5
# TYPE test_build info
# HELP test_build What runs here.
test_build_info{version="1.0"} 1
# EOF
`,
  );
  assertEquals(openMetricsProblems(text), []);
});

Deno.test("exposeMetrics() leaves out a family without a sample", () => {
  assertEquals(exposeMetrics([{ ...UP, samples: [] }]), "");
  assertEquals(exposeMetrics([{ ...UP, samples: [] }], "openmetrics"), "# EOF\n");
});

Deno.test("exposeMetrics() escapes labels, so that a scraper reads them back", () => {
  const text = fc.string({
    unit: fc.constantFrom("\\", '"', "\n", "n", "{", "}", ",", "=", " ", "é"),
  });
  fc.assert(fc.property(text, text, (profile, action) => {
    const family = { ...UP, samples: [[{ profile, action }, 1]] as const };
    assertEquals(scrape(exposeMetrics([family])).get("test_up")?.metrics, [
      { value: "1", labels: { profile, action } },
    ]);
    assertEquals(openMetricsProblems(exposeMetrics([family], "openmetrics")), []);
  }));
});

Deno.test("the rules that metrics are judged by find what is wrong", () => {
  const wrong: readonly [Partial<MetricFamily>, problem: string, openProblem?: string][] = [
    [{ name: "test_gauge" }, "test_gauge: its type is in its name"],
    [{ name: "testUp" }, "testUp: not in snake case"],
    [{ name: "test_ms" }, "test_ms: not a base unit"],
    [{ name: "test_bytes_kept" }, "test_bytes_kept: the unit does not come last"],
    [{ name: "test_total" }, "test_total: counters end in _total, others do not"],
    [{ help: "up" }, "test_up: the help is no sentence"],
    [{ samples: [[{}, 1], [{}, 0]] }, "twice test_up", "twice test_up{}"],
    [{ samples: [[{}, NaN]] }, "test_up: no number: NaN", "no sample: test_up NaN"],
    [
      { type: "counter", samples: [[{}, -1]] },
      "test_up_total: a counter below 0: -1",
      "test_up_total: below 0",
    ],
  ];
  for (const [changes, problem, openProblem] of wrong) {
    const family = { ...UP, ...changes };
    assertEquals(metricsProblems(exposeMetrics([family])), [problem]);
    const found = openMetricsProblems(exposeMetrics([family], "openmetrics"));
    if (openProblem !== undefined) assertEquals(found[0], openProblem);
  }
  const twice = exposeMetrics([UP, CPU, UP], "openmetrics");
  assertEquals(openMetricsProblems(twice)[0], "test_up: in two places");
  assertEquals(openMetricsProblems("test_up 1\n"), ["it does not end in # EOF"]);
  const noUnit = exposeMetrics([{ ...UP, unit: "bytes" }], "openmetrics");
  assertEquals(openMetricsProblems(noUnit), ["test_up: does not end in bytes"]);
});
