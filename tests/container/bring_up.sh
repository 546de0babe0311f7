# Brings the static services up as s6-rc does: at once, and waits for each that has a notification-fd, as
# long as its timeout-up says. One that is not ready then is told to be down.
cd /run/s6-rc/servicedirs || exit
for file in /etc/s6-overlay/user-bundles.d/user/contents.d/*; do
  name=${file##*/}
  [ -d "$name" ] || continue # a oneshot
  rm "$name/down"
  if [ -e "$name/notification-fd" ]; then
    { s6-svc -wU -T"$(cat "$name/timeout-up")" -u "$name" || s6-svc -d "$name"; } &
  else
    s6-svc -u "$name" &
  fi
done
wait
