import { renderGateways } from "../lib/gateways_service.ts";
import { HOOK_FILES } from "../lib/hook.ts";
import { runGenerator } from "./_generate.ts";

const GATEWAYS_DIR = "etc/s6-overlay/s6-rc.d/gateways";

const name = "generate-hooks";
const help = `
Usage: generate_hooks.ts --out DIR [--check]

Writes the cont-init.d hooks of the boot stages from the stages' declaration,
and the run and finish of the static service gateways.

  --out DIR  the tree that mirrors the image's root, such as rootfs
  --check    write nothing; exit 1 if a file is missing or differs
  --help     this text

Exit code: 0 done, or nothing differs; 1 a file differs or cannot be written;
2 wrong arguments.
`;

await runGenerator({ name, help }, () =>
  new Map([
    ...[...HOOK_FILES].map(([path, render]) => [path, render()] as const),
    ...[...renderGateways()].map(([file, text]) => [`${GATEWAYS_DIR}/${file}`, text] as const),
  ]));
