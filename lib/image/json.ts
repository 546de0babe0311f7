import { CAUSES } from "../explain/causes.ts";
import { JSON_VERSION } from "./commands.ts";
import {
  AILMENT,
  CHECK,
  EXPLAINED,
  type Field,
  type Fields,
  type FieldType,
  GATEWAY,
  MEASURED,
  PROBLEM,
  PROFILE,
  RESULT,
  SYNCED,
} from "./_json_fields.ts";

/** What some commands print with `--json`. */
export interface JsonOutput {
  /** The commands. */
  commands: readonly string[];
  /** What else is to say about it. */
  note?: string;
  /** The fields of the object. */
  fields: Fields;
}

function list(fields: Fields, text: string): Field {
  return { type: [fields], text };
}

/**
 * What every command prints with `--json` beside `version`. Within a version no
 * field goes or changes its meaning.
 */
export const JSON_OUTPUTS: readonly JsonOutput[] = [
  { commands: ["list", "status"], fields: { gateways: list(GATEWAY, "the gateways, as shown") } },
  {
    commands: ["top"],
    note: "An object on each line, one for each time.",
    fields: {
      time: { type: "time", text: "when" },
      gateways: list(
        {
          ...GATEWAY,
          cpuPercent: {
            type: "number | null",
            text: "the share of one core that was, since the time before, if it ran then",
          },
        },
        "the gateways, as `list` has them",
      ),
    },
  },
  {
    commands: ["start", "stop", "restart", "register", "unregister"],
    fields: { results: list(RESULT, "one for each profile, in the order given") },
  },
  { commands: ["sync"], fields: { profiles: list(SYNCED, "one for each profile") } },
  {
    commands: ["why"],
    fields: {
      gateways: list(EXPLAINED, "one for each profile; without names, those that are amiss"),
      problems: { ...list(PROBLEM, "what is wrong with all gateways"), absent: "names were given" },
    },
  },
  { commands: ["doctor"], fields: { checks: list(CHECK, "the checks") } },
  {
    commands: ["logs"],
    note: "An object on each line, one for each line of a log, ordered by time.",
    fields: {
      profile: PROFILE,
      time: { type: "time | null", text: "when it was logged; null: the line has no stamp" },
      text: { type: "string", text: "the line" },
    },
  },
  {
    commands: ["health"],
    fields: {
      healthy: { type: "boolean", text: "whether the exit code is 0" },
      unhealthy: list(AILMENT, "what is not as it should be"),
    },
  },
  { commands: ["metrics"], fields: { gateways: list(MEASURED, "one for each profile") } },
];

function typeWords(type: FieldType): string {
  if (typeof type === "string") return type;
  return "object" in type ? "object" : "object[]";
}

function inner(type: FieldType): Fields {
  if (typeof type === "string") return {};
  return "object" in type ? type.object : type[0];
}

/** The rows of a table: each field, followed by those inside it. */
function rows(fields: Fields, prefix = ""): string[] {
  return Object.entries(fields).flatMap(([name, { type, text, absent }]) => {
    const path = `${prefix}${name}`;
    const isList = typeof type !== "string" && !("object" in type);
    const words = absent === undefined ? text : `${text}; not there: ${absent}`;
    const cells = [`\`${path}\``, typeWords(type).replaceAll("|", "or"), words];
    return [`| ${cells.join(" | ")} |\n`, ...rows(inner(type), `${path}${isList ? "[]" : ""}.`)];
  });
}

/**
 * Words what `--json` prints as Markdown. Pure.
 *
 * @returns The text of `docs/json.md`.
 *
 * @example
 * ```ts
 * import { jsonDocument } from "./json.ts";
 * jsonDocument().startsWith("# gatewayctl --json\n"); // true
 * ```
 */
export function jsonDocument(): string {
  const sections = JSON_OUTPUTS.map(({ commands, note, fields }) => {
    const head = commands.map((name) => `\`${name}\``).join(", ");
    const said = note === undefined ? "" : `${note}\n\n`;
    return `## ${head}\n\n${said}| field | type | what |\n| --- | --- | --- |\n${
      rows(fields).join("")
    }`;
  });
  const causes = Object.entries(CAUSES).map(([cause, [kind, words]]) =>
    `| \`${cause}\` | ${kind} | ${words} |\n`
  );
  return `# gatewayctl --json

<!-- Generated from lib/image/json.ts by "deno task generate"; do not edit. -->

With \`--json\` a command prints one object on one line of standard output (\`logs\` and \`top\`: one on each line), in ASCII. Messages stay on standard error, and
the exit code is the same as without it. A command that fails as a whole prints nothing on standard output.

Each object has a \`version\`, which is ${JSON_VERSION}. Within a version fields are only added, so pass over those that you do not know. A time is
[ISO 8601](https://www.rfc-editor.org/rfc/rfc3339) in UTC. \`completion\` and \`help\` have no \`--json\`.

${sections.join("\n")}
## Causes

Codes are only added. \`STATE\` of \`gatewayctl list\` has them in words.

| cause | state | in words |
| --- | --- | --- |
${causes.join("")}`;
}
