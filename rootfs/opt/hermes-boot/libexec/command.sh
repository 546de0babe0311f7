# Sourced. What a command line is to hermes: for the shim (bin/hermes), the container's command, and
# the container's role.
shim=/opt/hermes-boot/bin/hermes

# Hermes's own subcommands win over programs of the same name (mcp, login, sync). These are
# BUILTIN_SUBCOMMANDS of upstream's hermes_cli, autumn 2026, and those of older versions.
subcommands=' acp approvals auth backup browser bundles chat checkpoints claw completion computer-use
 config console cron curator dashboard debug desktop doctor dump egress fallback gateway gui harness
 help hooks import import-agent insights journey kanban learning login logout logs lsp mcp memory
 memory-graph migrate moa model monitoring pairing pause peer pets plugins portal postinstall profile
 project prompt-size proxy resume secrets security send serve sessions setup skills skin slack status
 sync tools uninstall update vault verify version webhook whatsapp whatsapp-cloud worktree '

# is_subcommand WORD
is_subcommand() {
  case $1 in
    *[!a-z-]* | '') return 1 ;;
  esac
  # shellcheck disable=SC2086 # one word each
  for name in $subcommands; do
    [ "$name" != "$1" ] || return 0
  done
  return 1
}

# search_hermes PATH: sets hermes, the first program of that name there that is not the shim; empty
# where there is none.
search_hermes() {
  set -f
  IFS=:
  # shellcheck disable=SC2086 # one directory each
  set -- $1
  set +f
  unset IFS
  for dir in "$@"; do
    hermes=${dir%/}/hermes
    case $dir in
      /*) [ -f "$hermes" ] && [ -x "$hermes" ] && ! [ "$hermes" -ef "$shim" ] && return ;;
    esac
  done
  hermes=''
}

# count_launchers COMMAND...: sets launchers, how many words in front of a command only say what is done
# here anyway: upstream's wrapper, and to run it as hermes.
count_launchers() {
  launchers=0
  case ${1##*/}:${2-} in
    s6-setuidgid:hermes) launchers=2 ;;
    sh:*/main-wrapper.sh | bash:*/main-wrapper.sh | dash:*/main-wrapper.sh) launchers=1 ;;
  esac
  shift "$launchers"
  case ${1-} in
    */main-wrapper.sh) launchers=$((launchers + 1)) ;;
  esac
}

# parse_hermes WORD...: reads what comes after "hermes". Sets
#   subcommand  the first word that is no option
#   verb        of "gateway", what is to be done, run if nothing is said; else empty
#   profile     what -p or --profile names, before or after; else empty
#   all, own, help   not empty with --all, --no-supervise, --help
#   unknown     the first option, or word, of a gateway command that has no meaning here
parse_hermes() {
  subcommand='' verb='' profile='' all='' own='' help='' unknown=''
  while [ $# -gt 0 ]; do
    word=$1
    shift
    case "$subcommand $verb $word" in
      *' -p' | *' --profile')
        profile=${1-}
        [ -n "$profile" ] || unknown=${unknown:-$word}
        [ $# -eq 0 ] || shift
        ;;
      *' --profile='?*) profile=${word#*=} ;;
      *' -h' | *' --help') help=1 ;;
      'gateway '*' --accept-hooks' | 'gateway '*' --system' | 'gateway '*' --platform='*) ;;
      'gateway '*' --platform') [ $# -eq 0 ] || shift ;;
      'gateway st'*' --all' | 'gateway restart --all') all=1 ;;
      'gateway run --no-supervise') own=1 ;;
      'gateway run -v'* | 'gateway run --verbose' | 'gateway run -q' | 'gateway run --quiet') ;;
      'gateway run --replace' | 'gateway run --force' | 'gateway run --external-supervisor') ;;
      'gateway status --deep' | 'gateway status -l' | 'gateway status --full') ;;
      *' -'*) unknown=${unknown:-$word} ;;
      ' '*) subcommand=$word ;;
      'gateway  '*) verb=$word ;;
      *) unknown=${unknown:-$word} ;;
    esac
    case $subcommand in
      '' | gateway) ;;
      *) return 0 ;;
    esac
  done
  [ "$subcommand" != gateway ] || verb=${verb:-run}
}
