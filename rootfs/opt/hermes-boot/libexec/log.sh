# Sourced by the log/run of a slot. Keeps the gateway's log in $dir, as much of it as $keep says. In the
# container's log, which is s6-log's 1, a line also has its profile.
. /opt/hermes-boot/libexec/leader.sh

# is_writable: whether s6-log could begin. 02 has made the directory, and removed the lock of an earlier
# container, which may be anything; where it has not, it is done here. The file that s6-log goes on with
# must be its own.
is_writable() {
  [ -d "$dir" ] || mkdir -p "$dir" || return
  { [ ! -e "$dir/lock" ] && [ ! -L "$dir/lock" ]; } || rm -f "$dir/lock" || return
  true >"$dir/lock" && { [ ! -e "$dir/current" ] || { [ -O "$dir/current" ] && [ -w "$dir/current" ]; }; }
}
if is_writable; then
  [ ! -e pause ] || rm -f pause
  # shellcheck disable=SC2086 # two words
  exec s6-log "p${dir##*/}:" T 1 p $keep T "$dir"
fi

# A gateway stands still when nobody reads what it says. So its lines go to the container's log alone,
# until the next try: in 2 s, then 4, up to 64.
seconds=''
{ read -r seconds <pause; } 2>/dev/null
case $seconds in
  2 | 4 | 8 | 16 | 32) seconds=$((seconds * 2)) ;;
  64) ;;
  *) seconds=2 ;;
esac
echo "$seconds" >pause
echo "gateway-${dir##*/}: warning: its log directory cannot be written; next try in $seconds s" >&2
exec timeout -k 5 "$seconds" s6-log "p${dir##*/}:" T 1
