import { memberOf } from "../../lib/rules/shard.ts";
import { RUNNING } from "./_live.ts";
import { DIR, type Group } from "./_why_row.ts";
import {
  GATEWAYS,
  OPERATORS,
  ORPHAN,
  PID,
  S6,
  signalSupervisor,
  stub,
  UNSUPERVISED,
} from "./_why_s6_rows.ts";
import { VOLUME } from "./_why_volume_rows.ts";

const OTHER = ["team-a", "team-b", "team-c", "team-d", "team-e"].find((name) =>
  memberOf(name, 2) === 2
)!;
const OWN = ["team-a", "team-b", "team-c", "team-d", "team-e"].find((name) =>
  memberOf(name, 2) === 1
)!;

/** Every cause. */
export const GROUPS: readonly Group[] = [
  { title: "operators and gateways", stages: [[...OPERATORS, ...GATEWAYS], ORPHAN] },
  { title: "s6", stages: [S6, UNSUPERVISED] },
  { title: "the volume", profiles: { running: RUNNING }, stages: [VOLUME] },
  {
    title: "the pod",
    env: { HERMES_GATEWAY_SHARD: "hermes-0/2", HERMES_GATEWAY_PROFILES: "default,team-*" },
    stages: [[
      { cause: "running", profile: OWN, scene: RUNNING, silent: true },
      {
        cause: "other-shard",
        profile: OTHER,
        scene: RUNNING,
        outside: /^HERMES_GATEWAY_SHARD is hermes-0\/2 here: the pod hermes-1 has /,
      },
      {
        cause: "not-selected",
        profile: "coder",
        scene: RUNNING,
        outside: /^HERMES_GATEWAY_PROFILES is "default,team-\*" here: add coder$/,
      },
    ]],
  },
  {
    title: "the root gateway serves all",
    env: { HERMES_GATEWAY_TOPOLOGY: "one" },
    profiles: { default: RUNNING },
    stages: [
      [{ cause: "served", profile: "coder", scene: RUNNING, silent: true }],
      [{
        cause: "server-down",
        profile: "coder",
        plant: `s6-svc -d "\${2%/*}/gateway-default"`,
        then: "served",
      }],
    ],
  },
  {
    title: "an image without hermes",
    before: "rm /usr/local/bin/hermes",
    stages: [[{ cause: "no-hermes", profile: "coder", scene: RUNNING, outside: /^the image: / }]],
  },
  {
    title: "a few at a time",
    env: { HERMES_START_PARALLEL: "1" },
    before: "printf '#!/bin/sh\\nexit 0\\n' >/run/s6-rc/servicedirs/start-gateways/run",
    stages: [[{ cause: "waiting", profile: "coder", scene: RUNNING }]],
  },
  {
    title: "the volume is full",
    before: `cp -a /opt/data /tmp/volume && mount -t tmpfs -o size=1m tmpfs /opt/data &&
      cp -a /tmp/volume/. /opt/data && chown hermes: /opt/data`,
    stages: [[{
      cause: "no-space",
      profile: "coder",
      scene: stub("exit 78"),
      planter: "root",
      plant:
        'until s6-svstat -o exitcode "$2" | grep -q 78; do sleep 0.1; done; cat /dev/zero >/opt/data/fill || :',
      outside: /^no space is left for \/opt\/data$/,
    }]],
  },
  {
    title: "what the container is",
    stages: [
      [{
        cause: "svscan-full",
        profile: "one-more",
        planter: "root",
        outside: /^HERMES_(SUPERVISION is "shared"|GATEWAY_SHARD is "") here: /,
        plant:
          `sed -i "s/^svscan_max=.*/svscan_max='-C 1'/" /run/hermes-boot/facts; mkdir "${DIR}/$1" && : >"${DIR}/$1/SOUL.md"`,
      }],
      [{
        cause: "dashboard-container",
        profile: "one-more",
        planter: "root",
        outside: /command is dashboard/,
        plant: `sed -i "s/^role=.*/role='dashboard'/" /run/hermes-boot/facts`,
      }],
    ],
  },
  {
    title: "s6-svscan",
    modes: ["isolated"],
    stages: [
      [{
        cause: "svscan-down",
        profile: "coder",
        scene: RUNNING,
        says: /is frozen/,
        plant: `${PID}kill -s STOP $(pid_of "s6-svscan .*/run/hermes/service"); ${
          signalSupervisor("KILL")
        }`,
      }],
      [{
        cause: "svscan-down",
        profile: "coder",
        says: /is down$/,
        plant:
          `${PID}s6-svc -d /run/service/gateways; until [ -z "$(pid_of "s6-svscan .*/run/hermes/service")" ]; do sleep 0.1; done`,
      }],
    ],
  },
];
