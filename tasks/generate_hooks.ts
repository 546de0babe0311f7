import { renderGateways } from "../lib/image/gateways_service.ts";
import { HOOK_FILES } from "../lib/image/hook.ts";
import { renderProfileWatch } from "../lib/image/profile_watch_service.ts";
import { renderStopHook, STOP_HOOK_FILE } from "../lib/image/stop_hook.ts";
import { runGenerator } from "./_generate.ts";

const SERVICES_DIR = "etc/s6-overlay/s6-rc.d";
const SERVICES = { gateways: renderGateways, "profile-watch": renderProfileWatch };

const name = "generate-hooks";
const help = `
Usage: generate_hooks.ts --out DIR [--check]

Writes the cont-init.d hooks of the boot stages from the stages' declaration,
the cont-finish.d hook that stops the gateways, and the run and finish of the
static services gateways and profile-watch.

  --out DIR  the tree that mirrors the image's root, such as rootfs
  --check    write nothing; exit 1 if a file is missing or differs
  --help     this text

Exit code: 0 done, or nothing differs; 1 a file differs or cannot be written;
2 wrong arguments.
`;

await runGenerator({ name, help }, () =>
  new Map([
    ...[...HOOK_FILES].map(([path, render]) => [path, render()] as const),
    [STOP_HOOK_FILE, renderStopHook()],
    ...Object.entries(SERVICES).flatMap(([name, render]) =>
      [...render()].map(([file, text]) => [`${SERVICES_DIR}/${name}/${file}`, text] as const)
    ),
  ]));
