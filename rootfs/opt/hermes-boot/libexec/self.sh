# Sourced. Sets uid, the effective user ID of this process, and caps, its effective capabilities as
# $((...)) takes them. It starts no program: the boot path has no time for one.
while read -r key first second _; do
  case $key in
    Uid:) uid=$second ;;
    CapEff:) caps=$((0x$first)) ;;
  esac
done </proc/self/status
