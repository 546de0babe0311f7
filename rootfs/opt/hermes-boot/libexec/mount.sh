# Sourced. Sets mount, the ID of the mount that the working directory is on, as fdinfo of proc(5) has it;
# it is empty where the kernel does not tell.
find_mount() {
  while read -r key mount; do
    [ "$key" != mnt_id: ] || return 0
  done </proc/self/fdinfo/3
  mount=''
}
find_mount 3<.
