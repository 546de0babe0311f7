import { FACTS_FILE } from "../rules/facts.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { permissionFlags, type Permissions, type Places, RUN_FLAGS } from "./permissions.ts";
import { type Stage, STAGES, SUPERVISE_PERMS } from "./stages.ts";

/** Where the suite lives in the image. */
export const INSTALL_DIR = "/opt/hermes-boot";

/** Where Deno is in the image. */
export const DENO = "/usr/local/bin/deno";

/** Where gatewayctl is in the image, relative to the root. */
export const GATEWAYCTL_FILE = "usr/local/bin/gatewayctl";

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
  api: "$cluster_api",
};

function flags(permissions: Permissions, indent: string): string {
  return permissionFlags(permissions).map((flag) => `${indent}"${flag}" \\\n`).join("");
}

function stageArguments(stage: Stage): string {
  // With isolated supervision root's scandir stays root's.
  const words = stage === SUPERVISE_PERMS
    ? { ...WORDS, servicedirs: "$places", scandir: "" }
    : WORDS;
  return `set -- ${RUN_FLAGS.join(" ")} \\\n${flags(stage.permissions(words), "  ")}` +
    `  ${INSTALL_DIR}/${stage.entry}${stage.passesArguments ? ' "$@"' : ""}\n`;
}

function commandCase(word: string, permissions: Permissions): string {
  const words = flags(permissions, "      ");
  return words === "" ? "" : `  ${word})\n    set -- \\\n${words}      "$@"\n    ;;\n`;
}

function commandCases({ name, permissions, inCluster }: Command): string {
  const cluster = inCluster === undefined ? "" : commandCase(`cluster-${name}`, inCluster(WORDS));
  return commandCase(name, permissions(WORDS)) + cluster;
}

function commandArguments(): string {
  return `set -- ${INSTALL_DIR}/tasks/gatewayctl.ts "$@"
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
