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
