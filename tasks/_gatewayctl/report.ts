import {
  GatewayNotRegisteredError,
  GatewayRegisteredError,
  IntentNotRecordedError,
  InvalidProfileNameError,
  NoRoomError,
  RefusedContainerError,
  S6CommandError,
  S6TimeoutError,
  ScandirBusyError,
} from "../../lib/_errors.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { UsageError } from "../_cli.ts";

/** The exit codes of gatewayctl. */
export const EXIT = { done: 0, failed: 1, usage: 2, absent: 3 } as const;

/** Thrown when a profile is not on the volume. */
export class NoSuchProfileError extends Error {
  /** The error's class name. */
  override name = "NoSuchProfileError";
  /** The profile. */
  readonly profile: string;

  /**
   * Makes the error.
   *
   * @param profile The profile.
   */
  constructor(profile: string) {
    super(`${profile}: no such profile`);
    this.profile = profile;
  }
}

/** Thrown when a gateway ended instead of coming up. */
export class GatewayEndedError extends Error {
  /** The error's class name. */
  override name = "GatewayEndedError";
}

function nextStep(error: unknown, profile: string): string | undefined {
  if (error instanceof RefusedContainerError || error instanceof NoRoomError) return undefined;
  if (error instanceof UsageError) return "try --help";
  if (error instanceof IntentNotRecordedError) {
    const command = error.desired === "running" ? "start" : "stop";
    return `see "gatewayctl doctor", then "gatewayctl ${command} ${profile}" again`;
  }
  if (error instanceof GatewayRegisteredError) {
    return `for another environment "gatewayctl unregister ${profile}" first`;
  }
  if (error instanceof InvalidProfileNameError) return `see "gatewayctl list"`;
  const absent = error instanceof GatewayNotRegisteredError || error instanceof NoSuchProfileError;
  if (absent || error instanceof GatewayEndedError) return `see "gatewayctl why ${profile}"`;
  if (error instanceof S6TimeoutError) return "try a longer --timeout";
  if (error instanceof ScandirBusyError) return "try again";
  if (error instanceof S6CommandError) return `see "gatewayctl doctor"`;
  if (error instanceof Deno.errors.NotFound) {
    return `is this the container? See "gatewayctl doctor"`;
  }
  if (error instanceof Deno.errors.PermissionDenied) return "run it as hermes or root";
  return `see "gatewayctl doctor"`;
}

/** What is said about a failure, in one line, and its exit code. */
export interface Failure {
  /** The line, without the program's name. */
  message: string;
  /** The exit code. */
  exitCode: number;
}

/**
 * Words a failure and what to do next.
 *
 * @param error What was thrown.
 * @param profile The profile it is about; absent: none.
 * @returns The words and the exit code.
 */
export function wordFailure(error: unknown, profile = ""): Failure {
  // The path helps an operator, the number does not.
  const words = error instanceof Error
    ? error.message.replace(/ \(os error \d+\)/, "")
    : "unknown error";
  const about = profile === "" || words.startsWith(`${profile}:`) ? "" : `${profile}: `;
  const next = nextStep(error, profile);
  const message = terminalSafe(about + words + (next === undefined ? "" : `; ${next}`));
  const exitCode = error instanceof UsageError
    ? EXIT.usage
    : error instanceof GatewayNotRegisteredError || error instanceof NoSuchProfileError ||
        error instanceof InvalidProfileNameError
    ? EXIT.absent
    : EXIT.failed;
  return { message, exitCode };
}

/**
 * Prints a failure on standard error.
 *
 * @param error What was thrown.
 * @param profile The profile it is about; absent: none.
 * @returns The exit code.
 */
export function reportError(error: unknown, profile?: string): number {
  const { message, exitCode } = wordFailure(error, profile);
  console.error(`gatewayctl: error: ${message}`);
  return exitCode;
}

/**
 * Prints a warning on standard error.
 *
 * @param message One line.
 */
export function warn(message: string): void {
  console.error(`gatewayctl: warning: ${terminalSafe(message)}`);
}
