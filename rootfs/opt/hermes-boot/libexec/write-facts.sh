# Sourced by 015-supervise-perms and entrypoint, after self.sh, home.sh, want-ids.sh and command.sh, in
# the container's environment. What it finds out here is what everything else goes by:
# docs/architecture.md has the list.

# find_mode: sets mode, why, and lacks, the capabilities that shared supervision would need: root's
# s6-supervise uses what hermes owns (CAP_DAC_OVERRIDE) and signals what runs as hermes (CAP_KILL), and
# the scandir is shared by its group (CAP_CHOWN).
find_mode() {
  lacks='' mode=${HERMES_SUPERVISION-} why=HERMES_SUPERVISION
  if [ "$uid" -eq 0 ]; then
    [ $((caps & 1)) -ne 0 ] || lacks=CAP_CHOWN
    [ $((caps & 2)) -ne 0 ] || lacks=${lacks:+$lacks and }CAP_DAC_OVERRIDE
    [ $((caps & 32)) -ne 0 ] || lacks=${lacks:+$lacks and }CAP_KILL
  fi
  case $mode in
    shared | isolated) ;;
    '')
      mode=shared why='the default'
      [ -z "$lacks" ] || mode=isolated why="root lacks $lacks"
      ;;
    *) refuse 'HERMES_SUPERVISION: expected shared or isolated' ;;
  esac
  scandir=/run/service
  [ "$mode" != isolated ] || scandir=/run/hermes/service
  trim "${S6_PROFILE_GATEWAY_SCANDIR:-$scandir}"
  scandir=$path
  check_path S6_PROFILE_GATEWAY_SCANDIR "$scandir"
}

# find_svscan [CMDLINE [PACKAGES]]: sets svscan_max, how many services the s6-svscan of scandir holds, as
# its option: "-C N" counts a logger as one more, "-c N", all that s6 before 2.12 has, does not. It is empty
# for somebody else's. CMDLINE is PID 1's, and PACKAGES where s6-overlay has s6, by its version.
find_svscan() {
  svscan_max='' option=''
  for dir in "${2:-/package/admin}"/s6-[0-9]*; do
    case ${dir##*/} in
      's6-[0-9]*') ;; # no such package
      s6-2.? | s6-2.?.* | s6-2.1[01] | s6-2.1[01].*) option=-c ;;
      *) option=${option:--C} ;;
    esac
  done
  if [ "$mode" = isolated ]; then
    # 100 is a usage error.
    [ -n "$option" ] || { s6-svscan -C 2 /dev/null/none; [ $? -ne 100 ] || option=-c; } 2>/dev/null
    svscan_max="${option:--C} 8000"
  elif [ "$scandir" = /run/service ]; then
    # 500 with their loggers is what every version holds.
    svscan_max='-c 500' line=''
    [ "$option" != -C ] || svscan_max='-C 1000'
    { read -r line <"${1:-/proc/1/cmdline}"; } 2>/dev/null
    case $line in
      *-C[0-9]*) option=-C line=${line#*-C} ;;
      *-c[0-9]*) option=-c line=${line#*-c} ;;
      *--services-max[=0-9]*) option=-C line=${line#*--services-max} line=${line#=} ;;
      *) return ;;
    esac
    svscan_max="$option ${line%%[!0-9]*}"
  fi
}

# find_hermes [PASSWD [GROUP]]: sets hermes_uid, hermes_gid and hermes_gids, which has those of all its
# groups, with commas between; hermes, the program, and hermes_version, which the image's build has asked
# for; the last two are empty where they are not known.
find_hermes() {
  while IFS=: read -r name _ hermes_uid hermes_gid _ || [ -n "$name" ]; do
    [ "$name" != hermes ] || break
  done <"${1:-/etc/passwd}"
  [ "$name" = hermes ] || {
    hermes_uid='' hermes_gid=''
    refuse 'no user hermes in /etc/passwd'
  }
  hermes_gids=$hermes_gid
  while IFS=: read -r _ _ gid members || [ -n "$gid" ]; do
    case $gid:,$members, in
      [0-9]*:*,hermes,*) hermes_gids=$hermes_gids,$gid ;;
    esac
  done <"${2:-/etc/group}"
  case $uid in
    0 | "$hermes_uid") refuse_ids ;;
    *) refuse_user ;;
  esac
  search_hermes "$container_path"
  hermes_version=''
  { read -r hermes_version </opt/hermes-boot/hermes-version; } 2>/dev/null
}

# refuse_ids: where 01 could not make hermes who it shall be. A warning is 01's to say.
refuse_ids() {
  want_ids "$hermes_uid" "$hermes_gid" 2>/dev/null
  [ "$new_uid:$new_gid" != "$hermes_uid:$hermes_gid" ] || return 0
  if [ "$uid" -ne 0 ]; then
    refuse "$uid_from and $gid_from need a container that starts as root: start it without --user \
(runAsUser)"
  else
    refuse "hermes is $hermes_uid:$hermes_gid and not $new_uid:$new_gid, /etc cannot be written to (a \
read-only root?): build the image with these IDs, or mount a passwd and a group that have them"
  fi
}

# refuse_user: for an engine's --user that nothing is prepared for.
refuse_user() {
  as=HERMES_UID gid=$(id -g)
  # Only what 01 would take: --user 1234 alone has GID 0.
  [ "$uid" -gt 65534 ] || as=$as=$uid
  as="$as and HERMES_GID"
  [ "$gid" -eq 0 ] || [ "$gid" -gt 65534 ] || as=$as=$gid
  refuse "the container runs as UID $uid, neither root nor hermes ($hermes_uid), and nothing is started: \
drop --user (runAsUser) and set $as (or PUID and PGID) instead"
}

# role_of COMMAND...: sets role to what the container is for, by its command: "dashboard", which is also
# "serve"; "gateway-run", which leaves the root profile's gateway to s6; "own-gateway", which is that
# gateway; or "other".
role_of() {
  role=other
  count_launchers "$@"
  shift "$launchers"
  [ "${1##*/}" != hermes ] || shift
  parse_hermes "$@"
  case $subcommand:${profile:-default}:$verb$help in
    dashboard:* | serve:*) role=dashboard ;;
    gateway:default:run)
      role='gateway-run'
      [ -z "$own" ] || role='own-gateway'
      case ${HERMES_GATEWAY_NO_SUPERVISE-} in
        1 | [Tt][Rr][Uu][Ee] | [Yy][Ee][Ss] | [Oo][Nn]) role='own-gateway' ;;
      esac
      ;;
  esac
}

# find_role: looks for the process of s6-overlay that runs the container's command, "rc.init top
# COMMAND...". It has ended by now where the container has no command.
find_role() {
  role=other
  for dir in /proc/[0-9]*; do
    line=
    # read drops the NULs between the arguments.
    { read -r line <"$dir/cmdline"; } 2>/dev/null
    case $line in
      *rc.inittop?*) [ -O "$dir" ] || continue ;;
      *) continue ;;
    esac
    set -f
    IFS=$nl
    # shellcheck disable=SC2046 # one argument a line
    set -- $(tr '\0' '\n' <"$dir/cmdline")
    set +f
    unset IFS
    case ${1##*/}:${2-} in
      sh:-e | bash:-e | dash:-e) shift 2 ;;
    esac
    [ "${1##*/}:${2-}" = rc.init:top ] || continue
    shift 2
    role_of "$@"
    return
  done 2>/dev/null
}

# put NAME VALUE: prints a line that sh can source and lib/rules/facts.ts reads.
put() {
  rest=$2 text=''
  case $rest in
    *"$nl"*) refuse "$1: expected one line" && return ;;
  esac
  while case $rest in *\'*) ;; *) false ;; esac; do
    text="$text${rest%%\'*}'\\''"
    rest=${rest#*\'}
  done
  printf "%s='%s'\n" "$1" "$text$rest"
}

# is_within NUMBER LEAST MOST: whether it is a number that sh can reckon with, in these bounds.
is_within() {
  case $1 in
    '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;;
  esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# put_number NAME VALUE LEAST MOST: the same as put, for a number.
put_number() {
  if is_within "$2" "$3" "$4"; then put "$1" "$2"; else refuse "$1: expected a number from $3 to $4"; fi
}

# put_wish NAME VALUE LEAST MOST: the same, for one without which all works, too.
put_wish() {
  if [ -z "$2" ] || is_within "$2" "$3" "$4"; then put "$1" "$2"; else put_unset "$1" "a number from $3 to $4"; fi
}

# put_unset NAME EXPECTED: puts nothing in the place of a value that makes no sense.
put_unset() {
  echo "$prog: warning: $1: expected $2: taken for not set" >&2
  put "$1" ''
}

# put_memory NAME VALUE: puts a number of bytes, or of KiB, MiB or GiB (512M), in bytes. What is too
# little for any gateway was meant otherwise.
put_memory() {
  number=$2
  case $2 in
    '') put "$1" '' && return ;;
    *[Kk] | *[Kk]i) factor=1024 ;;
    *[Mm] | *[Mm]i) factor=1048576 ;;
    *[Gg] | *[Gg]i) factor=1073741824 ;;
    *) factor=1 ;;
  esac
  [ "$factor" -eq 1 ] || number=${2%[KkMmGg]*}
  if is_within "$number" 0 $((1099511627776 / factor)) && [ $((number * factor)) -ge 16777216 ]; then
    put "$1" $((number * factor))
  else
    put_unset "$1" 'a size in bytes or as in 512M, from 16M to 1024G'
  fi
}

# print_facts: everything but refused, which a value here may still cause.
print_facts() {
  put home "$home"
  put scandir "$scandir"
  put mode "$mode"
  put why "$why"
  put svscan_max "${svscan_max-}"
  put lacks "$lacks"
  put hermes_uid "$hermes_uid"
  put hermes_gid "$hermes_gid"
  put hermes "$hermes"
  put hermes_version "$hermes_version"
  put role "$role"
  slots_run_as=hermes
  [ "$mode:$uid" != shared:0 ] || slots_run_as=root
  put slots_run_as "$slots_run_as"
  # shellcheck disable=SC3028 # the engine's, not the shell's
  name=${HOSTNAME-}
  [ -n "$name" ] || { read -r name </proc/sys/kernel/hostname; } 2>/dev/null
  put HOSTNAME "$name"
  put cluster_api "${cluster_api-}"
  put HERMES_GATEWAY_PROFILES "${HERMES_GATEWAY_PROFILES-}"
  put HERMES_GATEWAY_SHARD "${HERMES_GATEWAY_SHARD-}"
  put HERMES_GATEWAY_TOPOLOGY "${HERMES_GATEWAY_TOPOLOGY-}"
  put GATEWAY_MULTIPLEX_PROFILES "${GATEWAY_MULTIPLEX_PROFILES-}"
  put HERMES_GATEWAY_BOOTSTRAP_STATE "${HERMES_GATEWAY_BOOTSTRAP_STATE-}"
  put HERMES_RESTART_DRAIN_TIMEOUT "${HERMES_RESTART_DRAIN_TIMEOUT-}"
  # What s6-log takes.
  put_number HERMES_GATEWAY_LOG_FILES "${HERMES_GATEWAY_LOG_FILES:-10}" 0 10000
  put_number HERMES_GATEWAY_LOG_BYTES "${HERMES_GATEWAY_LOG_BYTES:-1000000}" 4096 268435455
  put_wish HERMES_START_PARALLEL "${HERMES_START_PARALLEL-}" 1 10000
  put_memory HERMES_GATEWAY_MEMORY_MAX "${HERMES_GATEWAY_MEMORY_MAX-}"
  put_wish HERMES_GATEWAY_NICE "${HERMES_GATEWAY_NICE-}" 0 19
  put HERMES_PROFILE_WATCH "${HERMES_PROFILE_WATCH-}"
  put HERMES_DASHBOARD "${HERMES_DASHBOARD-}"
  put HERMES_DASHBOARD_HOST "${HERMES_DASHBOARD_HOST-}"
  put HERMES_DASHBOARD_PORT "${HERMES_DASHBOARD_PORT-}"
  put HERMES_DASHBOARD_INSECURE "${HERMES_DASHBOARD_INSECURE-}"
  put HERMES_STATUS "${HERMES_STATUS-}"
  put HERMES_STATUS_HOST "${HERMES_STATUS_HOST-}"
  put HERMES_STATUS_PORT "${HERMES_STATUS_PORT-}"
  put HERMES_STATUS_TOKEN_FILE "${HERMES_STATUS_TOKEN_FILE-}"
  put HERMES_STATUS_ALLOWED_HOSTS "${HERMES_STATUS_ALLOWED_HOSTS-}"
}

# write_facts DIR [UNFIT]: writes DIR/facts in one step; a reader sees the old file or the new one. UNFIT
# is what refused says to who finds all else in order.
write_facts() {
  print_facts >"$1/facts.new" || return
  if [ -n "$refused" ]; then
    put refused "$refused" >"$1/facts.new"
  else
    put refused "${2-}" >>"$1/facts.new"
  fi || return
  chmod 644 "$1/facts.new" && mv -f "$1/facts.new" "$1/facts"
}

# write_drops DIR: writes DIR/drop and DIR/drop-contenv, by which root runs the scripts of a slot: they run
# their arguments as hermes, and drop-contenv does so with the container's environment. s6-setuidgid, at
# every start, would be three programs that look up what is settled here.
write_drops() {
  set -- "$1/drop" "/command/s6-applyuidgid -u $hermes_uid -g $hermes_gid -G $hermes_gids"
  printf '#!/command/execlineb -S0\n%s\n$@\n' "$2" >"$1" &&
    printf '#!/command/execlineb -S0\n%s\n%s\n$@\n' "$2" \
      '/command/s6-envdir -ILf -- /run/s6/container_environment' >"$1-contenv" &&
    chmod 755 "$1" "$1-contenv"
}
