import { FACTS_FILE } from "../rules/facts.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { permissionFlags, type Permissions, type Places, RUN_FLAGS } from "./permissions.ts";
import { type Stage, STAGES, SUPERVISE_PERMS } from "./stages.ts";

/** Where the suite lives in the image. */
export const INSTALL_DIR = "/opt/hermes-boot";

/**
 * Tells where a program is in the image, where it is one file. Pure.
 *
 * @param entry Its entry script, relative to the repository.
 * @returns The path, relative to {@linkcode INSTALL_DIR}.
 */
export function bundled(entry: string): string {
  return entry.replace(/\.ts$/, ".js");
}

/** Where Deno is in the image. */
export const DENO = "/usr/local/bin/deno";

/** Where gatewayctl is in the image, relative to the root. */
export const GATEWAYCTL_FILE = "usr/local/bin/gatewayctl";

/** The entry script of gatewayctl, relative to the repository. */
export const GATEWAYCTL_ENTRY = "tasks/gatewayctl.ts";

/** The lines of a script between which its arguments for `deno run` are generated. */
export const RUN_MARKS: readonly [begin: string, end: string] = [
  '# deno run: written by "deno task generate"\n',
  "# end of deno run\n",
];

/** Places as shell words, for flags in double quotes. */
const WORDS: Places = {
  facts: FACTS_FILE,
  home: "$home",
  scandir: "$scandir",
  servicedirs: "$servicedirs",
  listen: "$listen",
  slotsRunAs: "hermes",
  api: "$cluster_api",
};

function flags(permissions: Permissions, indent: string): string {
  return permissionFlags(permissions).map((flag) => `${indent}"${flag}" \\\n`).join("");
}

/** Adds what is allowed besides where s6-supervise is root. Deno takes one flag more than once. */
function rootArguments(permissions: (places: Places) => Permissions, indent: string): string {
  const run = (slotsRunAs: "root" | "hermes") => permissions({ ...WORDS, slotsRunAs }).run ?? [];
  const always = new Set(run("hermes"));
  const more = permissionFlags({ run: run("root").filter((program) => !always.has(program)) });
  return more.map((flag) => `${indent}[ "$slots_run_as" != root ] || set -- "${flag}" "$@"\n`)
    .join("");
}

function stageArguments(stage: Stage): string {
  // With isolated supervision root's scandir stays root's.
  const words = stage === SUPERVISE_PERMS
    ? { ...WORDS, servicedirs: "$places", scandir: "" }
    : WORDS;
  return `set -- ${RUN_FLAGS.join(" ")} \\\n${flags(stage.permissions(words), "  ")}` +
    `  ${INSTALL_DIR}/${bundled(stage.entry)}${stage.passesArguments ? ' "$@"' : ""}\n` +
    rootArguments(stage.permissions, "");
}

function commandCase(word: string, permissions: (places: Places) => Permissions): string {
  const words = flags(permissions(WORDS), "      ");
  if (words === "") return "";
  const more = rootArguments(permissions, "    ");
  return `  ${word})\n    set -- \\\n${words}      "$@"\n${more}    ;;\n`;
}

function commandCases({ name, permissions, inCluster }: Command): string {
  const cluster = inCluster === undefined ? "" : commandCase(`cluster-${name}`, inCluster);
  return commandCase(name, permissions) + cluster;
}

function commandArguments(): string {
  return `set -- ${INSTALL_DIR}/${bundled(GATEWAYCTL_ENTRY)} "$@"
case $command in
${COMMANDS.map(commandCases).join("")}esac
set -- ${RUN_FLAGS.join(" ")} "$@"
`;
}

/**
 * The shell lines that set the arguments for `deno run`, with exactly the
 * permissions that are declared; by the script that has them, relative to the
 * image's root.
 */
export const RUN_ARGUMENTS: ReadonlyMap<string, string> = new Map([
  ...STAGES.map((stage) => [stage.script, stageArguments(stage)] as const),
  [GATEWAYCTL_FILE, commandArguments()],
]);
