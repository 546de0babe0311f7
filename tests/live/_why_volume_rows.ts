import { RUNNING } from "./_live.ts";
import { DIR, type Row } from "./_why_row.ts";

const LOG = "/opt/data/logs/gateways/$1";
/** What is on the volume. */
export const VOLUME: readonly Row[] = [
  {
    cause: "log-unwritable",
    profile: "log-mode",
    scene: RUNNING,
    plant: `chmod a-w "${LOG}"; s6-svc -t "$2/log"`,
  },
  {
    cause: "log-unwritable",
    profile: "log-root",
    scene: RUNNING,
    planter: "root",
    helper: "root",
    plant: `chown 0:0 "${LOG}"`,
  },
  {
    cause: "log-unwritable",
    profile: "log-current",
    scene: RUNNING,
    planter: "root",
    helper: "root",
    plant: `chown 0:0 "${LOG}/current"; s6-svc -t "$2/log"`,
  },
  {
    cause: "log-unwritable",
    profile: "log-again",
    scene: RUNNING,
    says: /a moment ago/,
    planter: "root",
    plant:
      `chown 0:0 "${LOG}"; echo 64 >"$2/log/pause"; chown hermes: "$2/log/pause"; s6-svc -t "$2/log"; until [ "$(stat -c %Y "$2/log/pause")" -gt 0 ] && [ "$(ps -eo args= | grep -c "^timeout -k 5 64")" -gt 0 ]; do sleep 0.1; done; sleep 0.1; chown hermes: "${LOG}"`,
  },
  { cause: "state-unusable", profile: "corrupt", scene: { state: "{" }, says: /not JSON/ },
  {
    cause: "state-unusable",
    profile: "state-dir",
    scene: {},
    plant: `mkdir "${DIR}/$1/gateway_state.json"`,
  },
  {
    cause: "state-unusable",
    profile: "state-root",
    scene: {},
    planter: "root",
    plant: `cd "${DIR}/$1" && : >gateway_state.json && chmod 0 gateway_state.json`,
  },
  {
    cause: "removed",
    profile: "removed",
    scene: RUNNING,
    plant: `mv "${DIR}/$1" /opt/data/elsewhere`,
    then: "absent",
  },
  {
    cause: "removed",
    profile: "soul-less",
    scene: RUNNING,
    plant: `rm "${DIR}/$1/SOUL.md"`,
    then: "no-soul",
  },
  { cause: "no-soul", profile: "soulless", scene: { ...RUNNING, soul: false } },
  { cause: "no-profile", profile: "nowhere", others: "absent", silent: true },
  {
    cause: "unreadable",
    profile: "unreadable",
    scene: RUNNING,
    plant: `gatewayctl unregister "$1" && chmod 0 "${DIR}/$1"`,
  },
  {
    cause: "unreadable",
    profile: "of-root",
    scene: RUNNING,
    planter: "root",
    helper: "root",
    says: /only root/,
    plant: `gatewayctl unregister "$1" && chown 0:0 "${DIR}/$1" && chmod 700 "${DIR}/$1"`,
  },
  {
    cause: "symlink",
    profile: "link",
    plant: `ln -s running "${DIR}/$1"`,
    then: "absent",
    says: /gateway of its own/,
  },
  {
    cause: "symlink",
    profile: "link-out",
    plant: `mkdir /opt/data/out && : >/opt/data/out/SOUL.md && ln -s ../out "${DIR}/$1"`,
    then: "never-started",
  },
  {
    cause: "reserved-name",
    profile: "default",
    scene: {},
    plant: `mkdir "${DIR}/default" && : >"${DIR}/default/SOUL.md"`,
    then: "absent",
  },
  ...["My Bot", "it's $(x)", "a\nb", "tab\tand \x1b[2J", "caf\u00e9", "\u202eevil", "-rf"].map((
    profile,
  ): Row => (
    { cause: "illegal-name", profile, scene: {}, then: "absent" }
  )),
];
