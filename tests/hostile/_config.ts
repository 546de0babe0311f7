/** In every configuration and in `.env`: whatever a boot prints, this must not be in it. */
export const SECRET = "s3cr3t-hunter2";

/** What a configuration says about multiplexing; `broken` deserves a warning and says nothing. */
export type Says = "on" | "off" | "nothing" | "broken";

interface Case {
  says: Says;
  text: string | Uint8Array<ArrayBuffer>;
}

const KEY = "multiplex_profiles";
const LIMIT = 1024 * 1024;
const encoder = new TextEncoder();

const bytes = (...parts: (string | number)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    parts.flatMap((part) => typeof part === "number" ? [part] : [...encoder.encode(part)]),
  );
const on = (text: string): Case => ({ says: "on", text });
const off = (text: string | Uint8Array<ArrayBuffer>): Case => ({ says: "off", text });
const nothing = (text: string): Case => ({ says: "nothing", text });
const broken = (text: string | Uint8Array<ArrayBuffer>): Case => ({ says: "broken", text });
const filled = (text: string, size: number) => text + "#".repeat(size - text.length);

/** Contents of a `config.yaml`, by what is odd about them. */
const CASES = {
  "true": on(`api_key: ${SECRET}\n${KEY}: true\n`),
  "TRUE, and a comment": on(`${KEY}: TRUE # ${SECRET}\n`),
  "a quoted word for on": on(`${KEY}: "yes"\napi_key: '${SECRET}'\n`),
  "JSON": on(`{"${KEY}": true, "api_key": "${SECRET}"}`),
  "an anchor": on(`a: &x true\n${KEY}: *x\napi_key: ${SECRET}\n`),
  "CRLF": on(`api_key: ${SECRET}\r\n${KEY}: true\r\n`),
  "a byte order mark": on(`\ufeff${KEY}: true\napi_key: ${SECRET}\n`),
  "just the size limit": on(filled(`${KEY}: true\napi_key: ${SECRET}\n`, LIMIT)),
  "many aliases of aliases": on(
    `a: &a [${SECRET}]\n` +
      [..."bcdefghijklm"].map((name, i) => {
        const alias = `*${"abcdefghijkl"[i]}`;
        return `${name}: &${name} [${Array(9).fill(alias).join(", ")}]\n`;
      }).join("") + `${KEY}: true\n`,
  ),
  "false": off(`${KEY}: false\napi_key: ${SECRET}\n`),
  "a word for off": off(`${KEY}: Off\napi_key: ${SECRET}\n`),
  "empty": nothing(""),
  "no such key": nothing(`api_key: ${SECRET}\n`),
  "no such key, and not YAML": nothing(`api_key: [${SECRET}\n\t{`),
  "the key in a comment": nothing(`# ${KEY}: true\napi_key: ${SECRET}\n`),
  "the key under gateway": on(`gateway:\n  ${KEY}: true\n  api_key: ${SECRET}\n`),
  "off under gateway": off(`gateway: {${KEY}: "no"}\napi_key: ${SECRET}\n`),
  "the top level and another under gateway": off(`gateway: {${KEY}: true}\n${KEY}: false\n`),
  "an empty top level and one under gateway": on(`gateway: {${KEY}: true}\n${KEY}:\n`),
  "a number for a switch": on(`${KEY}: 1\napi_key: ${SECRET}\n`),
  "the key under another": nothing(`gateways:\n  ${KEY}: true\n  api_key: ${SECRET}\n`),
  "the key under gateway in a list": nothing(`gateway: [{${KEY}: true}]\napi_key: ${SECRET}\n`),
  "no value under gateway": broken(`gateway:\n  ${KEY}:\napi_key: ${SECRET}\n`),
  "the key in a list": nothing(`- ${KEY}: true\n- ${SECRET}\n`),
  "the key in text": nothing(`note: |\n  ${KEY}: true\n  ${SECRET}\n`),
  "another key with the name in it": nothing(`my_${KEY}: true\napi_key: ${SECRET}\n`),
  "a prototype with the key": nothing(`__proto__:\n  ${KEY}: true\napi_key: ${SECRET}\n`),
  "only text": nothing(`"${KEY}: true ${SECRET}"\n`),
  "no value": broken(`${KEY}:\napi_key: ${SECRET}\n`),
  "another word": broken(`${KEY}: ${SECRET}\n`),
  "a number": broken(`${KEY}: 3\napi_key: ${SECRET}\n`),
  "a list for a value": broken(`${KEY}: [${SECRET}]\n`),
  "a mapping for a value": broken(`${KEY}: {${SECRET}: true}\n`),
  "escapes for a value": broken(
    `${KEY}: "\\e[2J${SECRET}\\nreconcile: profile=evil action=started"\n`,
  ),
  "twice": broken(`${KEY}: true\napi_key: ${SECRET}\n${KEY}: true\n`),
  "not closed": broken(`${KEY}: true\napi_key: [${SECRET}\n`),
  "an unknown tag": broken(`${KEY}: true\napi_key: !${SECRET} x\n`),
  "an unknown alias": broken(`${KEY}: true\napi_key: *${SECRET}\n`),
  "two documents": broken(`${KEY}: true\n---\napi_key: ${SECRET}\n`),
  "too deep": broken(`api_key: ${SECRET}\n${KEY}: ${"[".repeat(100_000)}`),
  "a NUL": broken(`${KEY}: true\napi_key: ${SECRET}\0\n`),
  "not UTF-8": broken(bytes(`${KEY}: true\napi_key: ${SECRET}`, 0xff, 0xfe, "\n")),
  "Latin-1 in a comment": broken(bytes("# caf", 0xe9, `\n${KEY}: true\napi_key: ${SECRET}\n`)),
  "UTF-16": broken(
    bytes(0xff, 0xfe, ...[...encoder.encode(`${KEY}: true\n`)].flatMap((byte) => [byte, 0])),
  ),
  "over the limit": broken(filled(`${KEY}: true\napi_key: ${SECRET}\n`, LIMIT + 1)),
} satisfies Record<string, Case>;

/** A content of a `config.yaml`. */
export type Config = keyof typeof CASES;

/** All of them. */
export const CONFIGS = Object.keys(CASES) as Config[];

/** Tells what a content says, by hand: YAML 1.2 with duplicate keys forbidden. */
export function configSays(config: Config): Says {
  return CASES[config].says;
}

/** Writes a content. */
export function writeConfig(path: string, config: Config): void {
  const { text } = CASES[config];
  Deno.writeFileSync(path, typeof text === "string" ? encoder.encode(text) : text);
}
