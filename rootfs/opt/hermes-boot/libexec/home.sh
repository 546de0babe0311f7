# Sourced by the first hooks, 01 and 015, in the container's environment; self.sh comes before it.
# The container's PATH may begin with a directory of hermes's. What root runs is the system's.
container_path=$PATH
PATH=/command:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# refused says why the container cannot be set up; it is empty when all is well.
refused=''

# refuse REASON: the first reason counts.
refuse() { [ -n "$refused" ] || refused=$1; }

# close_run: from here on nobody but root can swap what root is about to write into /run, and what an
# earlier life has written down is void. An engine's restart can keep /run, and Kubernetes makes it 0777.
close_run() {
  facts_dir=/run/hermes-boot
  [ "$uid" -ne 0 ] || chmod 755 /run || return
  if [ -L "$facts_dir" ] || [ ! -d "$facts_dir" ]; then
    rm -f "$facts_dir" && mkdir "$facts_dir" || return
  elif [ ! -O "$facts_dir" ]; then
    # Not rm -r: root without CAP_DAC_OVERRIDE has no way into what is hermes's.
    aside=$(mktemp -d "$facts_dir.XXXXXX") && mv -T "$facts_dir" "$aside" && mkdir "$facts_dir" || return
  fi
  chmod 755 "$facts_dir" && rm -f "$facts_dir/facts" "$facts_dir/facts.new"
}

# check_path VARIABLE PATH: it must be able to stand in a flag of deno run, and in a line.
check_path() {
  case $2 in
    *[,"$nl"]*) ;;
    /*) return ;;
  esac
  refuse "$1: expected an absolute path without a comma or a newline"
}
nl='
'

# trim PATH: sets path, without the slashes at its end.
trim() {
  path=$1
  while case $path in ?*/) ;; *) false ;; esac; do path=${path%/}; done
}

# find_home: sets home, a path without symlinks, and way, the directories on the way to it, one a line:
# whoever can change one of them can lead the way elsewhere.
find_home() {
  trim "${HERMES_HOME:-/opt/data}"
  home=$path way=''
  check_path HERMES_HOME "$home"
  [ -n "$refused" ] || follow "$home"
  [ "$home" != / ] || refuse "HERMES_HOME: expected a directory of its own, got /"
}

# follow PATH: as realpath -m, with what it goes through on the record. A symlink costs a process, and
# nothing else does.
follow() {
  rest=$1/ home='' links=0
  while [ -n "$rest" ]; do
    name=${rest%%/*} rest=${rest#*/}
    case $name in
      '' | .) continue ;;
      ..) home=${home%/*} && continue ;;
    esac
    way=$way${home:-/}$nl
    if [ ! -L "$home/$name" ]; then
      home=$home/$name
    elif [ $((links += 1)) -le 40 ] && target=$(readlink "$home/$name"); then
      case $target in /*) home='' ;; esac
      rest=$target/$rest
    else
      refuse "HERMES_HOME: the symlink $home/$name leads nowhere"
      return
    fi
  done
  home=${home:-/}
  check_path HERMES_HOME "$home"
}
