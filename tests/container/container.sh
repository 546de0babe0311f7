#!/bin/sh
# Becomes PID 1 of a throw-away container: run in a fresh mount and PID
# namespace (and, by an ordinary user, user namespace) by container.ts, which
# sets these variables:
#   ROOT      an empty directory, the new root's mount point
#   REPO      the repository
#   DENO      the deno binary
#   USR       the directories that make /usr, with colons between them, the first one on top
#   DATA      the directory to mount at /opt/data
#   SUITE     a directory for the image's programs and Deno's caches, kept between containers
#   MOUNTS    lines "INSIDE OUTSIDE": more that is bound into it
#   ENVDIR    a directory with the container's environment, one file a variable
#   PIDFILE   where PID 1's number outside goes
#   HERMES    UID:GID of the user hermes
#   RUN_AS    UID:GID of PID 1, or empty
#   CAPS      capabilities to keep, as for setpriv --bounding-set, or empty
#   READONLY  non-empty for a read-only root
#   NO_NEW_PRIVILEGES  non-empty for PR_SET_NO_NEW_PRIVS
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
read -r outer _ </proc/self/stat
nl='
'

mount -t tmpfs -o mode=755 tmpfs "$ROOT"
cd "$ROOT"
mkdir usr etc dev proc run tmp command opt var .upper .work
chmod 1777 tmp
for dir in /bin /sbin /lib*; do
  if [ -L "$dir" ]; then
    ln -s "$(readlink "$dir")" ".$dir"
  else
    mkdir ".$dir"
    mount --rbind "$dir" ".$dir"
  fi
done
mount -t overlay -o "lowerdir=$USR,upperdir=$ROOT/.upper,workdir=$ROOT/.work" overlay usr
mount --rbind /dev dev
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs run
ln -s /run var/run

uid=${HERMES%:*} gid=${HERMES#*:}
echo "root:x:0:0::/:/bin/sh
hermes:x:$uid:$gid::/opt/data:/bin/sh" >etc/passwd
echo "root:x:0:
hermes:x:$gid:" >etc/group
echo 'passwd: files
group: files' >etc/nsswitch.conf
# As in Debian's images. Without it Deno looks for one like it through all of zoneinfo, for 20 ms.
ln -s /usr/share/zoneinfo/Etc/UTC etc/localtime
mkdir etc/alternatives
ln -s "$(readlink /etc/alternatives/awk)" etc/alternatives/awk

# What the image holds.
cp -R --preserve=mode "$REPO/rootfs/etc" "$REPO/rootfs/opt" .
# An ordinary user cannot write to an overlay of root's files.
mount -t tmpfs -o mode=755 tmpfs usr/local/bin
cp --preserve=mode "$REPO"/rootfs/usr/local/bin/* usr/local/bin/
[ "$(id -u)" -ne 0 ] || cp -R "$REPO/rootfs/usr/share" usr/
mkdir -p opt/data
cp --preserve=mode "$REPO/tests/stub/hermes" usr/local/bin/hermes
: >usr/local/bin/deno
mount --bind "$DENO" usr/local/bin/deno
mount --bind "$DATA" opt/data
echo "$MOUNTS" | while read -r inside outside; do
  [ -n "$inside" ] || continue
  if [ -d "$outside" ]; then mkdir -p ".$inside"; else mkdir -p ".${inside%/*}" && : >".$inside"; fi
  mount --bind "$outside" ".$inside"
done

# s6-overlay is no Debian package: its with-contenv, and what its rc.init and
# s6-rc-init leave in /run before cont-init.d runs.
cat >command/with-contenv <<'EOF'
#!/usr/bin/execlineb -S0
emptyenv -p
s6-envdir -Lf -- /run/s6/container_environment
$@
EOF
chmod 755 command/with-contenv
# Debian's /usr/bin/execlineb is a script.
(cd command && ln -s ../usr/bin/s6-* ../usr/lib/execline/bin/execlineb .)
mkdir -p run/s6 run/service
cp -R "$ENVDIR" run/s6/container_environment
live=s6-rc:s6-rc-init:fNgK2x
mkdir -p "run/$live/servicedirs"
ln -s "$live" run/s6-rc
for name in s6rc-fdholder s6rc-oneshot-runner $(ls etc/s6-overlay/user-bundles.d/user/contents.d); do
  [ ! -e "etc/s6-overlay/s6-rc.d/$name/down" ] || continue # a oneshot
  dir=run/$live/servicedirs/$name
  mkdir "$dir"
  if [ -d "etc/s6-overlay/s6-rc.d/$name" ]; then
    find "etc/s6-overlay/s6-rc.d/$name" -type f ! -name type ! -path '*/dependencies.d/*' \
      -exec cp -t "$dir" {} +
    : >"$dir/down"
  else
    printf '#!/bin/sh\nexec sleep infinity\n' >"$dir/run"
    chmod 755 "$dir/run"
  fi
  ln -s "/$dir" "run/service/$name"
done
mkdir run/service/s6-linux-init-shutdownd
printf '#!/bin/sh\nexec sleep infinity\n' >run/service/s6-linux-init-shutdownd/run
chmod 755 run/service/s6-linux-init-shutdownd/run
# In s6-overlay it is made with this mode, by s6-linux-init.
mkdir -m 755 run/service/.s6-svscan

path=/opt/hermes-boot/bin:/command:$PATH:/usr/lib/execline/bin
# As in the image each program is one file, and the caches hold its compiled code; made once for all
# containers of these sources.
exec 9<"$SUITE"
flock 9
files=$(cd "$REPO" && find deno.json deno.lock lib tasks -type f -exec sha256sum {} + | sort)
stamp=$( (echo "$files" && stat -Lc '%s %Y' "$DENO") | sha256sum)
if [ "$(cat "$SUITE/stamp" 2>/dev/null)" != "$stamp" ]; then
  find "$SUITE" -mindepth 1 -delete
  mkdir "$SUITE/deno_dir"
  (cd "$REPO" && "$DENO" task --quiet bundle --outdir "$SUITE/tasks")
  echo "$stamp" >"$SUITE/stamp"
fi
cp -R "$SUITE/tasks" opt/hermes-boot/
mkdir opt/hermes-boot/deno_dir
mount --bind "$SUITE/deno_dir" opt/hermes-boot/deno_dir
if [ "$(id -u)" -eq 0 ] && [ ! -e "$SUITE/deno_dir/root" ]; then
  cp "$REPO/tasks/warm_cache.sh" tmp/
  chroot . /usr/bin/env -i --chdir=/opt/hermes-boot "PATH=$path" DENO_DIR=/opt/hermes-boot/deno_dir \
    sh /tmp/warm_cache.sh
  rm tmp/warm_cache.sh
fi
exec 9<&-
mount -o remount,bind,ro opt/hermes-boot/deno_dir
if [ -n "$RUN_AS" ]; then
  case $MOUNTS in
    "/run "* | *"$nl/run "*)
      # What is mounted there stays whose it is. s6-overlay's preinit wants to be told so.
      [ -e run/s6/container_environment/S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES ] || {
        echo "preinit: fatal: /run does not belong to $RUN_AS"
        exit 100
      }
      find run -mindepth 1 -exec chown -h "$RUN_AS" {} +
      ;;
    *) chown -hR "$RUN_AS" run ;;
  esac
fi
[ -z "$READONLY" ] || mount -o remount,ro "$ROOT"
echo "$outer" >"$PIDFILE.new"
mv "$PIDFILE.new" "$PIDFILE"
exec chroot . setpriv ${RUN_AS:+--reuid "${RUN_AS%:*}" --regid "${RUN_AS#*:}" --clear-groups} \
  --ambient-caps=-all --inh-caps=-all ${CAPS:+--bounding-set "$CAPS"} \
  ${NO_NEW_PRIVILEGES:+--no-new-privs} \
  /usr/bin/env -i "PATH=$path" s6-svscan /run/service
