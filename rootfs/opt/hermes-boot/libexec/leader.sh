# Sourced, in its service directory, by what becomes a service. s6-supervise has made it the leader of a
# process group, and ./leader is for finish, which older s6 does not tell which one that was.
# What was run by an s6-supervise that was killed lives on. It is ended here, before there are two; s6's
# own lock-fd would wait for ever where a child of it kept the lock.
# This starts no program where there is nobody to end, and sets no variable that the container may have.
if { read -r HERMES_BOOT_LEADER <leader; } 2>/dev/null && [ -e "/proc/${HERMES_BOOT_LEADER%% *}" ]; then
  /opt/hermes-boot/libexec/end-group leader 50
fi
read -r HERMES_BOOT_LEADER <"/proc/$$/stat" && echo "$HERMES_BOOT_LEADER" >leader
