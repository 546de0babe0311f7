# Sourced by hermes-ids and write-facts.sh, in the container's environment.

# want_ids UID GID: sets new_uid and new_gid, whom HERMES_UID or PUID and HERMES_GID or PGID ask for, and
# uid_from and gid_from, the variables. UID and GID are the image's.
want_ids() {
  uid_from=HERMES_UID new_uid=${HERMES_UID-}
  [ -n "$new_uid" ] || uid_from=PUID new_uid=${PUID:-$1}
  gid_from=HERMES_GID new_gid=${HERMES_GID-}
  [ -n "$new_gid" ] || gid_from=PGID new_gid=${PGID:-$2}
  check_id "$uid_from" "$new_uid" "$1"
  new_uid=$id
  check_id "$gid_from" "$new_gid" "$2"
  new_gid=$id
}

# check_id VARIABLE VALUE IMAGES: sets id to VALUE, or to IMAGES where VALUE can be nobody's.
check_id() {
  id=$2
  case $2 in
    "$3") return ;;
    *[!0-9]* | 0* | ??????*) ;;
    *) [ "$2" -gt 65534 ] || return 0 ;;
  esac
  echo "$prog: warning: $1: expected a number from 1 to 65534; it stays the image's, $3" >&2
  id=$3
}
