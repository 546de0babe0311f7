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
export { appendBootLog, BOOT_LOG, BOOT_LOG_ROTATE_BYTES, bootLogLines } from "./lib/boot/log.ts";
export {
  type ContainerRole,
  type Facts,
  FACTS_FILE,
  parseFacts,
  readFacts,
} from "./lib/rules/facts.ts";
export { GatewayNotRegisteredError, GatewayRegisteredError } from "./lib/_errors.ts";
export { renderDashboard } from "./lib/image/dashboard.ts";
export {
  type Check,
  type DoctorFacts,
  examine,
  type SkeletonEntry,
  type Space,
} from "./lib/explain/doctor.ts";
export {
  type DoctorOptions,
  gatherDoctorFacts,
  type HostFacts,
  parseHostFacts,
} from "./lib/explain/doctor_facts.ts";
export { isHealthy } from "./lib/explain/health.ts";
export { type HomeSetup, type HomeSetupOptions, setUpHome } from "./lib/boot/home_setup.ts";
export { type Owner, parseOwner } from "./lib/_owner.ts";
export { type ReconcileAction, wordAction } from "./lib/boot/action.ts";
export {
  DEFAULT_PROFILE,
  MAX_PROFILE_NAME_LENGTH,
  profileDir,
  profileNameProblem,
  SLOT_PREFIX,
  slotName,
} from "./lib/profile/name.ts";
export { InvalidProfileNameError } from "./lib/_errors.ts";
export type { Warn } from "./lib/_warn.ts";
export type { PlanOptions } from "./lib/boot/plan.ts";
export {
  type ReconcileOptions,
  reconcileProfileGateways,
  type Reconciliation,
} from "./lib/boot/reconcile.ts";
export { renderSlot, type SlotDescription, type SlotFiles } from "./lib/slot/render.ts";
export { S6_PROGRAMS, type ServiceStatus } from "./lib/s6/run.ts";
export { S6CommandError, S6TimeoutError } from "./lib/_errors.ts";
export { NO_RULES, readRules, type Rules } from "./lib/rules/rules.ts";
export { ScandirBusyError } from "./lib/_errors.ts";
export {
  type ChangeOptions,
  type GatewayStatus,
  type RegisterOptions,
  S6ServiceManager,
  type S6ServiceManagerOptions,
} from "./lib/control/manager.ts";
export { InvalidSelectionError } from "./lib/_errors.ts";
export { parseSelection, type Selection, type SelectionText } from "./lib/rules/selection.ts";
export { seedSuperviseSkeleton, type SkeletonOptions } from "./lib/slot/skeleton.ts";
export { permissionFlags, type Permissions, type Places } from "./lib/image/permissions.ts";
export { type Stage, STAGES } from "./lib/image/stages.ts";
export { type PriorExit, stateOf } from "./lib/profile/prior_state.ts";
export {
  type SharedService,
  type ShareOptions,
  shareScandir,
  type ShareServicesOptions,
  shareStaticServices,
} from "./lib/boot/share.ts";
export {
  type SyncEntry,
  type SyncOptions,
  syncProfileGateways,
  wordSyncEntry,
} from "./lib/control/sync.ts";
export {
  type Answer,
  type BootLine,
  type Cause,
  explain,
  type RecordedState,
  type WhyFacts,
} from "./lib/explain/why.ts";
export { gatherWhyFacts, type WhyOptions } from "./lib/explain/why_facts.ts";
export { type Clock, type WatchOptions, watchProfiles } from "./lib/control/watch.ts";
