# Sourced, by what runs as hermes. Sets what 015-supervise-perms has written down, as
# docs/architecture.md lists it: home, scandir, mode and so on. refused says why nothing may be done;
# it is empty when all is well.
facts=/run/hermes-boot/facts
refused="$facts is missing: /etc/cont-init.d/015-supervise-perms has not run"
# shellcheck source=/run/hermes-boot/facts
[ ! -r "$facts" ] || . "$facts"

# is_on VALUE: whether a switch is on.
is_on() {
  case $1 in
    1 | [Tt][Rr][Uu][Ee] | [Yy][Ee][Ss] | [Oo][Nn]) ;;
    *) return 1 ;;
  esac
}
