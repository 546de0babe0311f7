import parsePrometheus from "parse-prometheus-text-format";

/** A family of metrics as a scraper has it. */
export interface Family {
  name: string;
  help: string;
  type: string;
  metrics: { value: string; labels?: Record<string, string> }[];
}

/** Parses the text format as a scraper does; the families by name. */
export function scrape(text: string): Map<string, Family> {
  const families: Family[] = parsePrometheus(text);
  return new Map(families.map((family) => [family.name, family]));
}

/** What is short for a unit, and units that are not base ones. */
const WRONG_UNITS =
  /_(s|ms|us|ns|sec|secs|milliseconds|minutes|hours|b|kb|mb|kib|mib|kilobytes|percent)(_|$)/;

function* nameProblems({ name, type, help }: Family): Generator<string> {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) yield "not in snake case";
  if (help === "") yield "no help";
  if (!/^[A-Z0-9].*\.$/.test(help)) yield "the help is no sentence";
  if ((type === "COUNTER") !== name.endsWith("_total")) {
    yield "counters end in _total, others do not";
  }
  if (/_(gauge|counter|histogram|summary|untyped)(_|$)/.test(name)) yield "its type is in its name";
  if (WRONG_UNITS.test(name)) yield "not a base unit";
  if (/_(seconds|bytes)_(?!total$)/.test(name)) yield "the unit does not come last";
}

function* sampleProblems({ type, metrics, name }: Family): Generator<string> {
  for (const { value, labels = {} } of metrics) {
    for (const label of Object.keys(labels)) {
      if (!/^[a-z][a-z0-9_]*$/.test(label)) yield `label ${label} is not in snake case`;
      if (name.includes(`_by_${label}`)) yield `label ${label} is in the name`;
    }
    if (!Number.isFinite(Number(value)) || value === "") yield `no number: ${value}`;
    if (type === "COUNTER" && Number(value) < 0) yield `a counter below 0: ${value}`;
  }
}

/** Finds what `promtool check metrics` would, in Prometheus's text format. */
export function metricsProblems(text: string): string[] {
  const announced = [...text.matchAll(/^# (HELP|TYPE) (\S+) /gm)].map(([, what, name]) =>
    `${what} ${name}`
  );
  const sampled = [...text.matchAll(/^([^#].*) \S+$/gm)].map(([, sample = ""]) => sample);
  const twice = [announced, sampled].flatMap((all) =>
    all.filter((one, i) => all.indexOf(one) !== i)
  );
  return [
    ...text === "" || text.endsWith("\n") ? [] : ["the last line has no end"],
    ...twice.map((one) => `twice ${one}`),
    ...[...scrape(text).values()].flatMap((family) =>
      [...nameProblems(family), ...sampleProblems(family)].map((problem) =>
        `${family.name}: ${problem}`
      )
    ),
  ];
}

/** What the names of the samples of a family may add to its name, by its type. */
const SUFFIXES: Readonly<Record<string, RegExp>> = {
  gauge: /^$/,
  counter: /^_(total|created)$/,
  info: /^_info$/,
};

const LABELS = String.raw`(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,(?!\})|(?=\})))*`;
const SAMPLE = new RegExp(
  String.raw`^([a-zA-Z_:][\w:]*)(?:\{(${LABELS})\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`,
);

/** Finds what is against OpenMetrics 1.0.0. */
export function openMetricsProblems(text: string): string[] {
  if (!text.endsWith("# EOF\n")) return ["it does not end in # EOF"];
  const problems: string[] = [];
  const known = new Set<string>();
  const samples = new Set<string>();
  let family = { name: "", type: "", unit: "", hasSamples: false, metadata: new Set<string>() };
  for (const line of text.slice(0, -"# EOF\n".length).split("\n").slice(0, -1)) {
    const [, what = "", name = "", rest = ""] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
    if (what !== "") {
      if (name !== family.name) {
        if (known.has(name)) problems.push(`${name}: in two places`);
        known.add(name);
        family = { name, type: "", unit: "", hasSamples: false, metadata: new Set() };
      }
      if (family.hasSamples) problems.push(`${what} ${name}: after its samples`);
      if (family.metadata.has(what)) problems.push(`${what} ${name}: twice`);
      family.metadata.add(what);
      if (what === "TYPE") family.type = rest;
      if (what === "UNIT" && !name.endsWith(`_${rest}`)) {
        problems.push(`${name}: does not end in ${rest}`);
      }
      if (what === "UNIT" && family.type === "info") problems.push(`${name}: an info has no unit`);
      continue;
    }
    const [, sampled = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (sampled === "") problems.push(`no sample: ${line}`);
    if (
      !sampled.startsWith(family.name) ||
      !SUFFIXES[family.type]?.test(sampled.slice(family.name.length))
    ) {
      problems.push(`${sampled}: not of the ${family.type} ${family.name}`);
    }
    family.hasSamples = true;
    if (samples.has(`${sampled}{${labels}}`)) problems.push(`twice ${sampled}{${labels}}`);
    samples.add(`${sampled}{${labels}}`);
    if (family.type === "counter" && Number(value) < 0) problems.push(`${sampled}: below 0`);
    if (family.type === "info" && value !== "1") problems.push(`${sampled}: an info is 1`);
  }
  return problems;
}
