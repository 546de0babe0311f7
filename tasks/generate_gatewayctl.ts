import {
  BASH_COMPLETION_FILE,
  renderBashCompletion,
  renderZshCompletion,
  ZSH_COMPLETION_FILE,
} from "../lib/image/completion.ts";
import { renderWrapper, WRAPPER_FILE } from "../lib/image/wrapper.ts";
import { runGenerator } from "./_generate.ts";

const name = "generate-gatewayctl";
const help = `
Usage: generate_gatewayctl.ts --out DIR [--check]

Writes the script that starts gatewayctl, and the completions of bash and zsh,
from the declaration of its commands.

  --out DIR  the tree that mirrors the image's root, such as rootfs
  --check    write nothing; exit 1 if a file is missing or differs
  --help     this text

Exit code: 0 done, or nothing differs; 1 a file differs or cannot be written;
2 wrong arguments.
`;

await runGenerator({ name, help }, () =>
  new Map([
    [WRAPPER_FILE, renderWrapper()],
    [BASH_COMPLETION_FILE, renderBashCompletion()],
    [ZSH_COMPLETION_FILE, renderZshCompletion()],
  ]));
