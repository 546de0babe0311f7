/**
 * Boot and supervision of Hermes profile gateways under s6.
 *
 * @example Recreate every profile's slot
 * ```ts no-eval
 * import { reconcileProfileGateways } from "./mod.ts";
 *
 * await reconcileProfileGateways({ home: "/opt/data", scandir: "/run/service" });
 * ```
 *
 * @module
 */
export { appendBootLog, BOOT_LOG, BOOT_LOG_ROTATE_BYTES, bootLogLines } from "./lib/boot_log.ts";
export { type ContainerRole, containerRole, parseCommandLine } from "./lib/container_command.ts";
export { GatewayNotRegisteredError, GatewayRegisteredError } from "./lib/gateway_errors.ts";
export { renderDashboard } from "./lib/dashboard.ts";
export {
  type Check,
  type DoctorFacts,
  examine,
  type SkeletonEntry,
  type Space,
} from "./lib/doctor.ts";
export {
  type DoctorOptions,
  gatherDoctorFacts,
  type HostFacts,
  parseHostFacts,
} from "./lib/doctor_facts.ts";
export { isHealthy } from "./lib/health.ts";
export { type HomeSetup, type HomeSetupOptions, setUpHome } from "./lib/home_setup.ts";
export { type Owner, parseOwner } from "./lib/owner.ts";
export { type ReconcileAction, wordAction } from "./lib/plan.ts";
export {
  DEFAULT_PROFILE,
  InvalidProfileNameError,
  MAX_PROFILE_NAME_LENGTH,
  profileDir,
  profileNameProblem,
  SLOT_PREFIX,
  slotName,
} from "./lib/profile_name.ts";
export type { Warn } from "./lib/profiles.ts";
export {
  type ReconcileOptions,
  reconcileProfileGateways,
  UnreadableProfilesError,
} from "./lib/reconcile.ts";
export { renderSlot, type SlotDescription, type SlotFiles } from "./lib/render.ts";
export { S6_PROGRAMS, S6CommandError, S6TimeoutError, type ServiceStatus } from "./lib/s6.ts";
export { NO_RULES, readRules, RULE_VARIABLES, type Rules } from "./lib/rules.ts";
export { ScandirBusyError } from "./lib/scandir.ts";
export {
  type ChangeOptions,
  type GatewayStatus,
  type RegisterOptions,
  S6ServiceManager,
  type S6ServiceManagerOptions,
} from "./lib/service_manager.ts";
export {
  InvalidSelectionError,
  parseSelection,
  type Selection,
  type SelectionText,
} from "./lib/selection.ts";
export { seedSuperviseSkeleton, type SkeletonOptions } from "./lib/skeleton.ts";
export {
  permissionFlags,
  type Permissions,
  type Places,
  type Stage,
  STAGES,
} from "./lib/stages.ts";
export { type PriorExit, stateOf } from "./lib/state.ts";
export {
  type SharedService,
  type ShareOptions,
  shareScandir,
  type ShareServicesOptions,
  shareStaticServices,
} from "./lib/static_services.ts";
export { PACE, type Pace } from "./lib/settling.ts";
export {
  type SyncEntry,
  type SyncOptions,
  syncProfileGateways,
  wordSyncEntry,
} from "./lib/sync.ts";
export {
  type Answer,
  type BootLine,
  type Cause,
  explain,
  type RecordedState,
  type WhyFacts,
} from "./lib/why.ts";
export { gatherWhyFacts, type WhyOptions } from "./lib/why_facts.ts";
export type { OpenWatch, Watch } from "./lib/directory_events.ts";
export { type WatchOptions, watchProfiles } from "./lib/watch.ts";
