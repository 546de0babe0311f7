#!/bin/sh
# warm_cache.sh: fills DENO_DIR for the suite in the working directory, which its hooks then use
# read-only. For the image's build and for the tests' container; run as root.
# A program that ends by itself leaves the compiled code of what it called, so the stages get something
# to do; an unprivileged reader needs the databases' -wal and -shm files, which stay behind when a
# program ends by Deno.exit: the last run.
set -eu
work=$(mktemp -d)
for fact in "home=$work/home" "scandir=$work/scandir" role=other refused=; do
  echo "${fact%%=*}='${fact#*=}'"
done >"$work/facts"
for profile in '' profiles/running profiles/stopped; do
  mkdir -p "$work/home/$profile"
  : >"$work/home/$profile/SOUL.md"
  echo "{\"gateway_state\":\"${profile#*/}\"}" >"$work/home/$profile/gateway_state.json"
done
echo 'multiplex_profiles: off' >"$work/home/config.yaml"
mkdir -p "$work/services/one/event" "$work/services/one/supervise" "$work/scandir/.s6-svscan"
mkfifo "$work/services/one/supervise/control" "$work/scandir/.s6-svscan/control"
run() { deno run --allow-all --no-prompt --cached-only "$@"; }
run tasks/hermes_setup.js "--home=$work/home" --owner=1:1
run tasks/supervise_perms.js "--servicedirs=$work/services" "--scandir=$work/scandir" --owner=1:1
run tasks/reconcile_profiles.js --facts "$work/facts"
libexec/look >"$work/look" || : # a process has ended meanwhile
for command in list 'top -n 1' 'start x' 'register x' 'unregister x' 'sync --dry-run' 'why x' doctor \
  'logs x' health metrics 'completion bash'; do
  # shellcheck disable=SC2086 # its words
  run tasks/gatewayctl.js --facts "$work/facts" $command <"$work/look" >/dev/null 2>&1 || [ $? -ne 2 ]
done
run tasks/watch_profiles.js --help >/dev/null
run tasks/start_gateways.js --help >/dev/null
run tasks/status.js --help >/dev/null
run tasks/reconcile_cluster.js --dry-run --facts "$work/facts" >/dev/null
run --preload 'data:text/javascript,Deno.exit()' tasks/reconcile_profiles.js
rm -r "$work"
# Root's hooks have their own: at its end, who can write to the databases may remove what readers need.
cp -R "$DENO_DIR" "$work"
mv "$work" "$DENO_DIR/root"
chmod -R a=rX "$DENO_DIR"
