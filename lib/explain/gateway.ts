import type { BootRecord } from "../boot/record.ts";
import type { RecordedState } from "../profile/recorded_state.ts";
import type { ContainerRole } from "../rules/facts.ts";
import type { Away } from "../rules/selection.ts";
import type { ServiceStatus } from "../s6/status.ts";
import type { Obstacle } from "./access.ts";
import type { Svscan } from "./svscan.ts";

/** What is known of what supervises a service, and of the service's process. */
export interface Supervised {
  /** `unknown`: nobody could look. */
  supervisor: "alive" | "frozen" | "none" | "unknown";
  /** The PID of its s6-supervise. */
  supervisorPid?: number | undefined;
  /** Whether its process is frozen, by SIGSTOP. */
  frozen: boolean;
  /** What s6 last said of it; `null`: nothing, or nothing that is still true. */
  status: ServiceStatus | null;
}

/** What is known of a gateway and its profile. */
export interface GatewayFacts extends Supervised {
  /** The profile's name; not necessarily a legal one. */
  profile: string;
  /** Where its directory is, or would be. */
  dir: string;
  /** What its directory is. */
  found: "profile" | "nothing" | "no SOUL.md" | "symlink" | "reserved" | "unreadable";
  /** What is wrong with its name, or why its directory cannot be read. */
  problem?: string | undefined;
  /** What keeps hermes out of its directory. */
  obstacle?: Obstacle | undefined;
  /** Where it leads, if it is a symlink, and whether to what has a gateway already. */
  target?: { path: string; isProfile: boolean } | undefined;
  /** A legal name for it that is free, where its own is not. */
  freeName?: string | undefined;
  /** Why the container's rules give it to somebody else. */
  away?: Away | undefined;
  /** Who serves it instead of a gateway of its own, and whether that is up. */
  served?: { by: string; up: boolean } | undefined;
  /** The profiles that its gateway serves and that are to run. */
  wantedBy: readonly string[];
  /** What state is recorded. */
  recorded: RecordedState;
  /** Its service directory. */
  servicedir: string;
  /** What is there. */
  slot: "directory" | "other" | "none";
  /** Whether an operator has unregistered it since the container started. */
  unregistered: boolean;
  /** How often it has died since it was last started by hand; s6 counts to 100. */
  deaths: number;
  /** Whether it waits for its turn to be started. */
  waiting?: boolean | undefined;
  /** Its logger. */
  logger: Supervised;
  /** Where its log is. */
  logDir: string;
  /** Why nothing can be written there; only of one that is up. */
  logProblem?: Obstacle | undefined;
  /** The PIDs of other gateways of this profile that no s6-supervise runs. */
  strays: readonly number[];
  /** The PIDs of those that another s6-supervise runs. */
  doubles: readonly number[];
  /** The files of its service that are not what the suite writes; `undefined`: nobody has looked. */
  edited?: readonly string[] | undefined;
}

/** What is known of a container. */
export interface ContainerFacts extends Svscan {
  /** How supervision is set up. */
  mode: string;
  /** What the container is for. */
  role: ContainerRole;
  /** Whether the image has a hermes. */
  hasHermes: boolean;
  /** Why s6-svscan has no room for one more gateway, and what helps. */
  noRoom?: { problem: string; help: string } | undefined;
  /** Why there is no scandir. */
  scandirProblem?: string | undefined;
  /** Why the profiles cannot be listed. */
  volumeProblem?: string | undefined;
  /** What the last boot did. */
  boot?: BootRecord | undefined;
  /** Why that is not known. */
  bootProblem?: string | undefined;
  /** What is full: the volume, or what the scandir is on. */
  full?: string | undefined;
}
