/** Brings the static services up as s6-rc does: at once, and waits for each that has a notification-fd. */
export const BRING_UP = `cd /run/s6-rc/servicedirs
for name in $(ls /etc/s6-overlay/user-bundles.d/user/contents.d); do
  rm "$name/down"
  wait='' && [ ! -e "$name/notification-fd" ] || wait='-wU -T10000'
  s6-svc $wait -u "$name" &
done
wait`;

/**
 * s6-overlay's stop, as its rc.shutdown and s6-linux-init-shutdownd(8) have it:
 * s6-rc brings the static services down and then runs cont-finish.d; what root's
 * s6-svscan supervises is taken from it; SIGTERM to all there are, SIGKILL after
 * S6_KILL_GRACETIME; PID 1 waits for every process. The grace time ends early
 * here when nobody is left. `kill -1` must not be the host's: `/proc` is the
 * container's, and has a `self` only in there.
 */
export const STOP =
  `[ -d /proc/self ] && read -r name </proc/1/comm && [ "$name" = s6-svscan ] || exit 1
alone() {
  tries=0
  while set -- /proc/[0-9]* && [ $# -gt 2 ] && [ "$tries" -lt "$limit" ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  [ $# -le 2 ]
}
cd /run/s6-rc/servicedirs
for name in $(ls /etc/s6-overlay/user-bundles.d/user/contents.d); do s6-svc -wD -d "$name" & done
wait
for hook in /etc/cont-finish.d/*; do [ ! -x "$hook" ] || "$hook"; done
cd /run/service
for name in *; do
  gone=.s6-linux-init-shutdownd:$name
  mv -- "$name" "$gone" && s6-svc -d "$gone"
done
s6-svscanctl -an /run/service
kill -s TERM -- -1
kill -s CONT -- -1
limit=30
alone || kill -s KILL -- -1
limit=600
alone && s6-svscanctl -b /run/service`;
