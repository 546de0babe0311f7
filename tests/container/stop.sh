# s6-overlay's stop, as its rc.shutdown and s6-linux-init-shutdownd(8) have it: s6-rc brings the static
# services down and then runs cont-finish.d; what root's s6-svscan supervises is taken from it; SIGTERM
# to all there are, SIGKILL after S6_KILL_GRACETIME; PID 1 waits for every process. The grace time ends
# early here when nobody is left.

# kill -1 must not be the host's: /proc is the container's, and has a self only in there.
[ -d /proc/self ] && read -r name </proc/1/comm && [ "$name" = s6-svscan ] || exit 1

# alone LIMIT: waits until PID 1 and this shell are all there is, for LIMIT tenths of a second.
alone() {
  tries=$1
  while set -- /proc/[0-9]* && [ $# -gt 2 ] && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
  [ $# -le 2 ]
}
cd /run/s6-rc/servicedirs || exit
for file in /etc/s6-overlay/user-bundles.d/user/contents.d/*; do
  name=${file##*/} timeout=0
  if [ ! -d "$name" ]; then
    execlineb -P "/etc/s6-overlay/s6-rc.d/$name/down" &
    continue
  fi
  [ ! -e "$name/timeout-down" ] || read -r timeout <"$name/timeout-down"
  { s6-svc -wD -T"$timeout" -d "$name" || s6-svc -d "$name"; } &
done
wait
for hook in /etc/cont-finish.d/*; do [ ! -x "$hook" ] || "$hook"; done
cd /run/service || exit
for name in *; do
  gone=.s6-linux-init-shutdownd:$name
  mv -- "$name" "$gone" && s6-svc -d "$gone"
done
s6-svscanctl -an /run/service
kill -s TERM -- -1
kill -s CONT -- -1
alone 30 || kill -s KILL -- -1
alone 600 && s6-svscanctl -b /run/service
