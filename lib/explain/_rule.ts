import type { Cause, Kind } from "./causes.ts";
import type { ContainerFacts, GatewayFacts } from "./gateway.ts";

/** Why a gateway is as it is, and what helps. */
export interface Diagnosis {
  /** The cause. */
  cause: Cause;
  /** What that means for this gateway. */
  kind: Kind;
  /** The same in words; they follow the profile's name. */
  text: string;
  /** The command that helps; absent where nothing needs help, or only the outside can. */
  help?: string | undefined;
  /** What only somebody outside the container can change, and what it is now. */
  outside?: string | undefined;
  /** Whether its log shows more. */
  seeLog?: true | undefined;
}

/** What a rule says. */
export type Answer = Omit<Diagnosis, "kind">;

/** One step of {@linkcode diagnose}: an answer, or nothing to say. */
export type Rule = (facts: GatewayFacts, container: ContainerFacts) => Answer | undefined;

/**
 * Words a command of gatewayctl about a profile.
 *
 * @param command The command.
 * @param facts What is known of the profile.
 * @returns It with the profile's name.
 */
export function ctl(command: string, { profile }: GatewayFacts): string {
  return `gatewayctl ${command} ${profile}`;
}

/** What comes after a change of the volume. */
export const THEN_SYNC = " && gatewayctl sync";
