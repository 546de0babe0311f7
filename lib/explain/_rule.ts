import { shellQuote } from "../_quote.ts";
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

/** What a terminal does not show as it is, and a file's name that is not UTF-8. */
const UNPRINTABLE = /([\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u{fffd}])/u;

function wordUnprintable(character: string): string {
  if (character === "\ufffd") return "*"; // its bytes are not known
  if (character < "\x80") return "?";
  const bytes = [...new TextEncoder().encode(character)];
  return `"$(printf '${bytes.map((byte) => `\\${byte.toString(8)}`).join("")}')"`;
}

/**
 * Words the path of something that is there for sh, in printable characters
 * only: a terminal shows them as they are, and takes them back.
 *
 * @param path The path.
 * @returns A word for sh; the pattern in it, if any, matches the path.
 */
export function pathWord(path: string): string {
  if (/^[\w/.,:@%+=-]+$/.test(path)) return path;
  return path.split(UNPRINTABLE)
    .map((part, i) => i % 2 === 1 ? wordUnprintable(part) : part && shellQuote(part))
    .join("");
}

/** What comes after a change of the volume. */
export const THEN_SYNC = " && gatewayctl sync";
