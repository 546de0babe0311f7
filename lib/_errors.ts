/**
 * Says what went wrong without the path and the number that Deno adds, and
 * without any content of the file concerned. Pure.
 *
 * @param error What was thrown.
 * @returns A few words, such as "Permission denied".
 *
 * @example
 * ```ts
 * import { errorWords } from "./_errors.ts";
 * errorWords(new SyntaxError("Unexpected token 'x'")); // "not JSON"
 * ```
 */
export function errorWords(error: unknown): string {
  // JSON.parse quotes its input, which the attacker wrote.
  if (error instanceof SyntaxError) return "not JSON";
  if (!(error instanceof Error)) return "unknown error";
  return error.message.replace(/ \(os error \d+\).*$/s, "");
}

/**
 * Tells a failure that is reported and survived from one that must surface:
 * Deno's `NotCapable` (a missing permission) is never swallowed.
 * Pure.
 *
 * @param error What was thrown.
 * @returns The error.
 * @throws {Deno.errors.NotCapable} If that is what it is.
 */
export function survivable(error: unknown): Error {
  if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
  return error;
}

/** Thrown when the API server of a cluster refuses a request, or does not answer it. */
export class ClusterApiError extends Error {
  /** The error's class name. */
  override name = "ClusterApiError";
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** How long the server wants to be left alone, in milliseconds. */
  readonly retryAfterMs: number;

  /**
   * Makes the error.
   *
   * @param status The HTTP status; 0 where there was no answer.
   * @param message What the server says.
   * @param retryAfterMs How long it wants to be left alone, in milliseconds.
   */
  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may well succeed later; a token that has run out is read anew. */
  get isTransient(): boolean {
    return [0, 401, 408, 429].includes(this.status) || this.status >= 500;
  }
}

/** Thrown when a profile has no slot. */
export class GatewayNotRegisteredError extends Error {
  /** The error's class name. */
  override name = "GatewayNotRegisteredError";
  /** The profile. */
  readonly profile: string;

  /**
   * Makes the error.
   *
   * @param profile The profile.
   */
  constructor(profile: string) {
    super(`${profile}: no such gateway is registered`);
    this.profile = profile;
  }
}

/** Thrown when a profile has a slot already. */
export class GatewayRegisteredError extends Error {
  /** The error's class name. */
  override name = "GatewayRegisteredError";
  /** The profile. */
  readonly profile: string;

  /**
   * Makes the error.
   *
   * @param profile The profile.
   */
  constructor(profile: string) {
    super(`${profile}: a gateway is registered already`);
    this.profile = profile;
  }
}

/** Thrown when s6 has been told what an operator wants, but the next container start will not know. */
export class IntentNotRecordedError extends Error {
  /** The error's class name. */
  override name = "IntentNotRecordedError";
  /** The profile. */
  readonly profile: string;
  /** What is wanted: `running` or `stopped`. */
  readonly desired: string;

  /**
   * Makes the error.
   *
   * @param profile The profile.
   * @param desired What is wanted: `running` or `stopped`.
   * @param problem Why that is not recorded.
   */
  constructor(profile: string, desired: string, problem: string) {
    const then = desired === "running" ? "does not start" : "may start again";
    super(
      `${profile}: s6 was told, but "${desired}" is not recorded (${problem}): ` +
        `it ${then} with the next container`,
    );
    this.profile = profile;
    this.desired = desired;
  }
}

/** Thrown when a string cannot be the name of a profile. */
export class InvalidProfileNameError extends Error {
  /** The error's class name. */
  override name = "InvalidProfileNameError";
  /** The name that was refused. */
  readonly profile: string;

  /**
   * Makes the error.
   *
   * @param profile The name that was refused.
   * @param problem Why, in words that follow the name.
   */
  constructor(profile: string, problem: string) {
    super(`Invalid profile name ${JSON.stringify(profile)}: ${problem}`);
    this.profile = profile;
  }
}

/** Thrown when the policy of a cluster is malformed: one line that names the place in it. */
export class InvalidPolicyError extends Error {
  /** The error's class name. */
  override name = "InvalidPolicyError";
}

/** Thrown when a selection is malformed: one line that names the variable. */
export class InvalidSelectionError extends Error {
  /** The error's class name. */
  override name = "InvalidSelectionError";
}

/** Thrown when s6-svscan has no room for one more gateway: one line that says what helps. */
export class NoRoomError extends Error {
  /** The error's class name. */
  override name = "NoRoomError";
}

/** Thrown when a program of s6 fails. */
export class S6CommandError extends Error {
  /** The error's class name. */
  override name = "S6CommandError";
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The service or scandir it was about. */
  readonly service: string;
  /** Its exit code; 127 when it could not be run. */
  readonly exitCode: number;
  /** What it said. */
  readonly stderr: string;

  /**
   * Makes the error.
   *
   * @param command The program and its arguments.
   * @param service The service or scandir it was about.
   * @param exitCode Its exit code.
   * @param stderr What it said.
   */
  constructor(command: readonly string[], service: string, exitCode: number, stderr: string) {
    const said = stderr.trim().split("\n").at(-1);
    super(`${service}: ${said || `${command[0]} exited ${exitCode}`}`);
    this.command = command;
    this.service = service;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Thrown when something that s6 was asked for did not happen in time. */
export class S6TimeoutError extends Error {
  /** The error's class name. */
  override name = "S6TimeoutError";
  /** The service or scandir it was about. */
  readonly service: string;
  /** How long was waited, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether s6 was told, and only what was to come of it has not. */
  readonly told: boolean;

  /**
   * Makes the error.
   *
   * @param service The service or scandir it was about.
   * @param what What did not happen.
   * @param timeoutMs How long was waited, in milliseconds.
   * @param told Whether s6 was told, and only what was to come of it has not.
   */
  constructor(service: string, what: string, timeoutMs: number, told = false) {
    super(`${service}: not ${what} within ${timeoutMs} ms`);
    this.service = service;
    this.timeoutMs = timeoutMs;
    this.told = told;
  }
}

/** Thrown when what s6 says of a service is out of date, because s6-supervise cannot write it down. */
export class StaleStatusError extends Error {
  /** The error's class name. */
  override name = "StaleStatusError";

  /**
   * Makes the error.
   *
   * @param profile The profile.
   */
  constructor(profile: string) {
    super(`${profile}: ${STALE_STATUS}`);
  }
}

/** What there is to say of a status that is out of date. */
export const STALE_STATUS =
  "it is not known whether it is up: s6-supervise cannot write its status, as on a full /run";

/** Thrown when another process holds a scandir's lock for too long. */
export class ScandirBusyError extends Error {
  /** The error's class name. */
  override name = "ScandirBusyError";
}

/** Thrown when nothing may be done in a container: it was refused when it started. */
export class RefusedContainerError extends Error {
  /** The error's class name. */
  override name = "RefusedContainerError";
}
