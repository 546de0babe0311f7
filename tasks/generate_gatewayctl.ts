import {
  BASH_COMPLETION_FILE,
  renderBashCompletion,
  renderZshCompletion,
  ZSH_COMPLETION_FILE,
} from "../lib/completion.ts";
import { CONFIG_DIR, renderWrapper, WRAPPER_FILE } from "../lib/wrapper.ts";
import { runProgram, UsageError } from "./_cli.ts";
import { generate, reportDrift } from "./_generate.ts";

// With the whole of deno.json the image would get every package of the tests.
const IMPORTS = ["@std/async/pool", "@std/cli/parse-args", "@std/fmt/colors", "@std/fmt/duration"];

/** What gatewayctl needs of an import map and its lock. */
function configFiles(): [path: string, text: string][] {
  const { imports } = JSON.parse(Deno.readTextFileSync("deno.json"));
  const { version, npm } = JSON.parse(Deno.readTextFileSync("deno.lock"));
  const [specifier = ""] = /^npm:[^/]+/.exec(imports[IMPORTS[0] ?? ""]) ?? [];
  const [, id = "", wanted] = /^npm:(.+@(.+))$/.exec(specifier) ?? [];
  const config = {
    imports: Object.fromEntries(IMPORTS.map((name) => [name, imports[name]])),
    lock: { frozen: true },
    nodeModulesDir: "none",
  };
  const lock = {
    version,
    specifiers: { [specifier]: wanted },
    npm: { [id]: npm[id] },
    workspace: { dependencies: [specifier] },
  };
  return Object.entries({ "deno.json": config, "deno.lock": lock })
    .map(([name, value]) => [`${CONFIG_DIR}/${name}`, JSON.stringify(value, null, 2) + "\n"]);
}

const name = "generate-gatewayctl";
const help = `
Usage: generate_gatewayctl.ts --out DIR [--check]

Writes the script that starts gatewayctl, and the completions of bash and zsh,
from the declaration of its commands; and from deno.json and deno.lock, in the
current directory, the part that gatewayctl needs of them.

  --out DIR  the tree that mirrors the image's root, such as rootfs
  --check    write nothing; exit 1 if a file is missing or differs
  --help     this text

Exit code: 0 done, or nothing differs; 1 a file differs or cannot be written;
2 wrong arguments.
`;

await runProgram({ name, help, flags: ["check"], values: ["out"] }, ({ flags, values }) => {
  const out = values.get("out");
  if (!out) throw new UsageError("--out DIR is missing");
  const files = new Map([
    ...configFiles().map(([path, text]) => [`${out}${path}`, text] as const),
    [`${out}/${WRAPPER_FILE}`, renderWrapper()],
    [`${out}/${BASH_COMPLETION_FILE}`, renderBashCompletion()],
    [`${out}/${ZSH_COMPLETION_FILE}`, renderZshCompletion()],
  ]);
  const check = flags.has("check");
  return reportDrift(name, generate(files, check), check);
});
