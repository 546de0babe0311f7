import {
  GatewayNotRegisteredError,
  GatewayRegisteredError,
  IntentNotRecordedError,
  InvalidProfileNameError,
  NoRoomError,
  RefusedContainerError,
  S6TimeoutError,
  ScandirBusyError,
} from "../../lib/_errors.ts";
import type { Stopping } from "../../lib/control/move.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import type { Command } from "../../lib/image/command.ts";
import { SettingError, UnknownWordError, UsageError } from "../_cli.ts";

/** The exit codes of gatewayctl. */
export const EXIT = { done: 0, failed: 1, usage: 2, absent: 3, notYet: 4 } as const;

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

/** Thrown when a pattern matches no profile. */
export class NoMatchError extends Error {
  /** The error's class name. */
  override name = "NoMatchError";
}

/** Thrown when a gateway is somebody else's to run. */
export class ElsewhereError extends Error {
  /** The error's class name. */
  override name = "ElsewhereError";
}

/** Thrown when a gateway is still stopping, and what was asked for is done without the caller. */
export class NotDoneYetError extends Error {
  /** The error's class name. */
  override name = "NotDoneYetError";
  /** What goes on. */
  readonly stopping: Stopping;

  /**
   * Makes the error.
   *
   * @param text What goes on, in words.
   * @param stopping The same.
   */
  constructor(text: string, stopping: Stopping) {
    super(text);
    this.stopping = stopping;
  }
}

/** What is known beside the error. */
export interface FailureContext {
  /** The command that failed. */
  command?: Command | undefined;
  /** The word that was probably meant. */
  nearest?: string | undefined;
}

/** Who has waited for so long in vain has another problem than too short a time. */
const PATIENT_MS = 10_000;

function takes(command: Command | undefined, option: string): boolean {
  return command === undefined || command.options.some(({ name }) => name === option);
}

function isAbsent(error: unknown): boolean {
  return error instanceof GatewayNotRegisteredError || error instanceof NoSuchProfileError;
}

function nextStep(
  error: unknown,
  profile: string,
  { command, nearest }: FailureContext,
): string | undefined {
  const outside = error instanceof RefusedContainerError || error instanceof NoRoomError ||
    error instanceof SettingError;
  if (outside) return undefined;
  if (nearest !== undefined) return `did you mean ${JSON.stringify(nearest)}?`;
  if (error instanceof UsageError) {
    const of = command === undefined || command.name === "help" ? "" : `${command.name} `;
    return `try "gatewayctl ${of}--help"`;
  }
  if (error instanceof IntentNotRecordedError) {
    const again = error.desired === "running" ? "start" : "stop";
    return `see "gatewayctl doctor", then "gatewayctl ${again} ${profile}" again`;
  }
  if (error instanceof GatewayRegisteredError) {
    return `for another environment "gatewayctl unregister ${profile}" first`;
  }
  if (error instanceof ElsewhereError) return "--force does it all the same";
  if (error instanceof NotDoneYetError) {
    const { stopping: { killAt } } = error;
    if (killAt !== null && killAt !== undefined) return undefined;
    const name = command?.name === "stop" ? "stop" : "restart";
    return `"gatewayctl ${name} ${profile} --kill-after 1" ends it`;
  }
  const isList = command?.name === "list";
  if (error instanceof InvalidProfileNameError || error instanceof NoSuchProfileError) {
    return isList ? undefined : `see "gatewayctl list"`;
  }
  if (error instanceof NoMatchError) return `see "gatewayctl list"`;
  if (error instanceof GatewayNotRegisteredError || error instanceof GatewayEndedError) {
    return `see "gatewayctl why ${profile}"`;
  }
  if (error instanceof S6TimeoutError && takes(command, "timeout")) {
    const isShort = error.timeoutMs < PATIENT_MS || profile === "";
    return isShort ? "try a longer --timeout" : `see "gatewayctl why ${profile}"`;
  }
  if (error instanceof ScandirBusyError) return "try again";
  return command?.name === "doctor" ? undefined : `see "gatewayctl doctor"`;
}

/** What is said about a failure, in one line, and its exit code. */
export interface Failure {
  /** The line, without the program's name. */
  message: string;
  /** The exit code. */
  exitCode: number;
  /** What goes on where it is not done yet. */
  stopping?: Stopping;
}

/**
 * Words a failure and what to do next.
 *
 * @param error What was thrown.
 * @param profile The profile it is about; absent: none.
 * @param context What is known beside it.
 * @returns The words and the exit code.
 */
export function wordFailure(
  error: unknown,
  profile = "",
  context: FailureContext = {},
): Failure {
  // The path helps an operator, the number does not. What others said may be several lines.
  const words = error instanceof Error
    ? error.message.replace(/ \(os error \d+\)/, "").trim().replace(/\s*\n\s*/g, "; ")
    : "unknown error";
  const named = profile === "" || words.startsWith(`${profile}:`) ||
    error instanceof InvalidProfileNameError;
  const next = nextStep(error, profile, context);
  const message = terminalSafe(
    (named ? "" : `${profile}: `) + words + (next === undefined ? "" : `; ${next}`),
  );
  const exitCode = error instanceof UsageError
    ? EXIT.usage
    : isAbsent(error) || error instanceof InvalidProfileNameError || error instanceof NoMatchError
    ? EXIT.absent
    : error instanceof NotDoneYetError
    ? EXIT.notYet
    : EXIT.failed;
  return {
    message,
    exitCode,
    ...error instanceof NotDoneYetError && { stopping: error.stopping },
  };
}

/**
 * Finds what was probably meant by a name or word that is not there.
 *
 * @param error What was thrown about it.
 * @param known The profiles that there are.
 * @returns The nearest; `undefined`: none is near, or the error is about something else.
 */
export async function nearestFor(
  error: unknown,
  known: readonly string[] = [],
): Promise<string | undefined> {
  const [word, among] = error instanceof UnknownWordError
    ? [error.word, error.known]
    : error instanceof GatewayNotRegisteredError || error instanceof NoSuchProfileError ||
        error instanceof InvalidProfileNameError
    ? [error.profile, known]
    : ["", []];
  if (among.length === 0) return undefined;
  const { nearest } = await import("./nearest.ts");
  return nearest(word, among);
}

/**
 * Prints a failure on standard error.
 *
 * @param error What was thrown.
 * @param profile The profile it is about; absent: none.
 * @param context What is known beside it.
 * @returns The exit code.
 */
export function reportError(error: unknown, profile?: string, context?: FailureContext): number {
  const { message, exitCode } = wordFailure(error, profile, context);
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
