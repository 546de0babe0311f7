# Sourced by the run of a slot. Where memory runs out, the kernel shall take a gateway, and not s6 or a
# logger: a gateway's oom_score_adj is theirs and 500, at most 1000. To raise it needs no privilege; where
# it cannot be done the gateway starts all the same. No program is started for it.
{
  read -r HERMES_BOOT_SCORE </proc/self/oom_score_adj &&
    echo $((HERMES_BOOT_SCORE > 500 ? 1000 : HERMES_BOOT_SCORE + 500)) >/proc/self/oom_score_adj
} 2>/dev/null
