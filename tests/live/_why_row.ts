import type { Cause } from "../../lib/explain/causes.ts";
import type { Container } from "../container/container.ts";
import type { Home, Scene, Supervision } from "./_live.ts";

/** A container with causes to be planted. */
export interface Place {
  container: Container;
  home: Home;
  mode: Supervision;
  scandir: string;
}

/** One cause, and how it comes and goes. */
export interface Row {
  cause: Cause;
  /** Where it can exist. Default: both. */
  modes?: readonly Supervision[];
  /** The profile; not necessarily a legal name. */
  profile: string;
  /** What is on the volume when the container starts. */
  scene?: Scene;
  /** Plants it: a script in the container; `$1` is the profile, `$2` its service directory. */
  plant?: string;
  /** Who plants it. Default: `hermes`. */
  planter?: "root" | "hermes";
  /** Whether it passes: what is done when it has gone before it was seen. */
  again?: string;
  /** Where only `why` with the name can see it, what the others say. */
  others?: Cause | "absent";
  /** What is to be corrected before the command: a script, as `plant`. */
  correct?: string;
  /** Who can run the command. Default: `hermes`. `s6`: whose s6's processes are. */
  helper?: "root" | "hermes" | "s6";
  /** What becomes of it. Default: `running`. */
  then?: Cause | "absent";
  /** What the outside is told; then there is no command. */
  outside?: RegExp;
  /** Whether there is neither, for nothing is wrong or nothing is there. */
  silent?: true;
  /** What the sentence says. */
  says?: RegExp;
}

/** Rows that can be planted at once, in one container; stages follow each other. */
export interface Group {
  title: string;
  modes?: readonly Supervision[];
  env?: Readonly<Record<string, string>>;
  /** Beside those of the rows. */
  profiles?: Readonly<Record<string, Scene>>;
  /** As root, before the hooks run. */
  before?: string;
  stages: readonly (readonly Row[])[];
}

/** Where the profiles are. */
export const DIR = "/opt/data/profiles";
