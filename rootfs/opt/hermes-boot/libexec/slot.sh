# Sourced, as their first step, by run and log/run of a slot. Root becomes hermes and starts them anew:
# the slot and the volume are hermes's, and root would write wherever hermes leads it (CWE-59, CWE-367).
# The names are not the container's, and nothing is started to find out who this is.
while read -r HERMES_BOOT_KEY _ HERMES_BOOT_UID _; do
  [ "$HERMES_BOOT_KEY" != Uid: ] || break
done </proc/self/status
[ "$HERMES_BOOT_UID" -ne 0 ] || exec /command/s6-setuidgid hermes sh ./run
. /opt/hermes-boot/libexec/leader.sh
