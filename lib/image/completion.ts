import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { FACTS_FILE } from "../rules/facts.ts";

/** Where bash's completion is in the image, relative to the root. */
export const BASH_COMPLETION_FILE = "usr/share/bash-completion/completions/gatewayctl";

/** Where zsh's completion is in the image, relative to the root. */
export const ZSH_COMPLETION_FILE = "usr/share/zsh/vendor-completions/_gatewayctl";

const GENERATED =
  `# Generated from lib/image/commands.ts and lib/image/completion.ts by "deno task generate"; do not edit.`;

// Read line by line rather than sourced: root may be the one who completes, and without root in the
// container the file is hermes's.
const FACTS = `  local line home scandir
  while IFS= read -r line; do
    line=\${line//"'\\''"/"'"}
    case \$line in
      home=*) home=\${line#home=?} home=\${home%?} ;;
      scandir=*) scandir=\${line#scandir=?} scandir=\${scandir%?} ;;
    esac
  done 2>/dev/null <${FACTS_FILE}
`;

const NAMES = COMMANDS.map(({ name }) => name).join(" ");

/** What its operands are: words, or the function that lists them. */
function source({ operands, known }: Command): string {
  if (operands === "bash|zsh") return "bash zsh";
  if (operands === "[COMMAND]") return NAMES;
  if (operands === "") return "";
  return known ?? "slots";
}

function words(command: Command): string[] {
  return [
    ...command.options.flatMap(({ name, short }) =>
      short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`]
    ),
    "--help",
  ];
}

function valueOptions({ options }: Command): string[] {
  return options.filter(({ value }) => value !== undefined)
    .flatMap(({ name, short }) => short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`]);
}

/**
 * Renders bash's completion of gatewayctl. Pure.
 *
 * @returns The script.
 *
 * @example
 * ```ts
 * import { renderBashCompletion } from "./completion.ts";
 * renderBashCompletion().includes("complete -F"); // true
 * ```
 */
export function renderBashCompletion(): string {
  const cases = COMMANDS.map((command) =>
    `    ${command.name}) options='${words(command).join(" ")}' operands='${source(command)}' ;;`
  ).join("\n");
  const valued = [...new Set(COMMANDS.flatMap(valueOptions))]
    .filter((option) => option !== "--profile").join(" | ");
  return `# bash completion of gatewayctl
${GENERATED}
_gatewayctl_profiles() {
  local LC_ALL=C name names
${FACTS}  names=()
  [[ $1 == volume ]] || names+=("$scandir"/gateway-*/)
  names=("\${names[@]%/}")
  names=("\${names[@]##*/gateway-}")
  [[ $1 == slots ]] || names+=(default "$home"/profiles/*/)
  names=("\${names[@]%/}")
  names=("\${names[@]##*/}")
  # compgen -W expands its words, so no other name may get there.
  for name in "\${names[@]}"; do
    [[ $name == *[!a-z0-9_-]* ]] || echo "$name"
  done
}
_gatewayctl() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} options operands
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -W '${NAMES} --help --version' -- "$current")
    return
  fi
  case \${COMP_WORDS[1]} in
${cases}
    *) return ;;
  esac
  case $previous in
    --profile) options= operands=slots ;;
    ${valued}) return ;;
  esac
  case $operands in
    slots | volume | both) operands=$(_gatewayctl_profiles "$operands") ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$operands" -- "$current")
  fi
}
complete -F _gatewayctl gatewayctl
`;
}

function zshQuote(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(/[\[\]:]/g, "\\$&");
}

function zshOptions({ options }: Command): string {
  const specs = options.flatMap(({ name, short, value, many, text }) => {
    const star = many ? "*" : "";
    const action = value === "PROFILE" ? "_gatewayctl_slots" : " ";
    const what = value === undefined ? "" : `:${value}:${action}`;
    const names = short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
    return names.map((option) => `'${star}${option}[${zshQuote(text)}]${what}'`);
  });
  return [...specs, "'--help[this text]'"].join(" ");
}

function zshOperands(command: Command): string {
  const from = source(command);
  if (from === "") return "";
  if (from.includes(" ")) {
    return ` '1:${command.operands === "[COMMAND]" ? "command" : "shell"}:(${from})'`;
  }
  return ` '*:profile:_gatewayctl_${from}'`;
}

/**
 * Renders zsh's completion of gatewayctl. Pure.
 *
 * @returns The script.
 *
 * @example
 * ```ts
 * import { renderZshCompletion } from "./completion.ts";
 * renderZshCompletion().startsWith("#compdef gatewayctl\n"); // true
 * ```
 */
export function renderZshCompletion(): string {
  const described = COMMANDS.map(({ name, purpose }) => `    '${name}:${zshQuote(purpose)}'`)
    .join("\n");
  const cases = COMMANDS.map((command) =>
    `    ${command.name}) _arguments ${zshOptions(command)}${zshOperands(command)} ;;`
  ).join("\n");
  return `#compdef gatewayctl
${GENERATED}
_gatewayctl_slots() {
  local -a paths
${FACTS}  paths=("$scandir"/gateway-*(N/:t))
  compadd -- "\${paths[@]#gateway-}"
}
_gatewayctl_volume() {
  local -a paths
${FACTS}  paths=("\$home"/profiles/*/SOUL.md(N:h:t))
  compadd -- default "\${paths[@]}"
}
_gatewayctl_both() {
  _gatewayctl_slots
  _gatewayctl_volume
}
_gatewayctl() {
  local -a commands
  commands=(
${described}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases}
  esac
}
_gatewayctl "$@"
`;
}
