/** The scandir of shared supervision: PID 1's own. */
export const SHARED_SCANDIR = "/run/service";

/** Where isolated supervision lives; its owner is hermes. */
export const ISOLATED_DIR = "/run/hermes";

/** The scandir of isolated supervision: of an s6-svscan that runs as hermes. */
export const ISOLATED_SCANDIR = `${ISOLATED_DIR}/service`;

/** The program that tells when processes were started. */
export const START_TIME = "/opt/hermes-boot/libexec/start-time";

/** The program that tells what runs in the container, and how much room there is. */
export const LOOK = "/opt/hermes-boot/libexec/look";

/** The program that has s6-svscan start what it has forgotten. */
export const WAKE = "/opt/hermes-boot/libexec/wake";
