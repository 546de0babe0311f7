import { HOOK_FILES } from "../lib/hook.ts";
import { runProgram, UsageError } from "./_cli.ts";
import { generate, reportDrift } from "./_generate.ts";

const name = "generate-hooks";
const help = `
Usage: generate_hooks.ts --out DIR [--check]

Writes the cont-init.d hooks of the boot stages from the stages' declaration.

  --out DIR  the tree that mirrors the image's root, such as rootfs
  --check    write nothing; exit 1 if a hook is missing or differs
  --help     this text

Exit code: 0 done, or nothing differs; 1 a hook differs or cannot be written;
2 wrong arguments.
`;

await runProgram({ name, help, flags: ["check"], values: ["out"] }, ({ flags, values }) => {
  const out = values.get("out");
  if (!out) throw new UsageError("--out DIR is missing");
  const files = new Map(
    [...HOOK_FILES].map(([path, render]) => [`${out}/${path}`, render()] as const),
  );
  const check = flags.has("check");
  return reportDrift(name, generate(files, check), check);
});
