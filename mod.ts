/**
 * Boot and supervision of Hermes profile gateways under s6: what someone who
 * builds an image of their own would import.
 *
 * @example Recreate every profile's slot
 * ```ts no-eval
 * import { parseCapacity, readFacts, reconcileProfileGateways } from "./mod.ts";
 *
 * const { home, scandir, env } = readFacts();
 * const capacity = parseCapacity(scandir, env("svscan_max"));
 * await reconcileProfileGateways({ home, scandir, capacity });
 * ```
 *
 * @module
 */
export {
  GatewayNotRegisteredError,
  GatewayRegisteredError,
  IntentNotRecordedError,
  InvalidProfileNameError,
  InvalidSelectionError,
  NoRoomError,
  RefusedContainerError,
  S6CommandError,
  S6TimeoutError,
  ScandirBusyError,
} from "./lib/_errors.ts";
export type { Owner } from "./lib/_owner.ts";
export type { Warn } from "./lib/_warn.ts";

// At boot.
export type { ReconcileAction } from "./lib/boot/action.ts";
export {
  HomeRefusedError,
  type HomeSetup,
  type HomeSetupOptions,
  setUpHome,
} from "./lib/boot/home_setup.ts";
export type { PlanOptions } from "./lib/boot/plan.ts";
export {
  type ReconcileOptions,
  reconcileProfileGateways,
  type Reconciliation,
} from "./lib/boot/reconcile.ts";
export {
  type SharedService,
  type ShareOptions,
  shareScandir,
  type ShareServicesOptions,
  shareStaticServices,
} from "./lib/boot/share.ts";
export type { PriorExit } from "./lib/profile/prior_state.ts";
export { type ContainerRole, type Facts, readFacts } from "./lib/rules/facts.ts";
export { readRules, type Rules } from "./lib/rules/rules.ts";
export type { Away, Selection } from "./lib/rules/selection.ts";
export { type Capacity, parseCapacity } from "./lib/s6/capacity.ts";
export type { Topology } from "./lib/rules/topology.ts";

// Between boots.
export {
  type GatewayStatus,
  type RegisterOptions,
  S6ServiceManager,
  type S6ServiceManagerOptions,
} from "./lib/control/manager.ts";
export type { ChangeOptions, Stopping } from "./lib/control/move.ts";
export { type SyncEntry, type SyncOptions, syncProfileGateways } from "./lib/control/sync.ts";
export type { ServiceStatus } from "./lib/s6/status.ts";

// For the image.
export { renderDashboard } from "./lib/image/dashboard.ts";
export { permissionFlags, type Permissions, type Places } from "./lib/image/permissions.ts";
export { type Stage, STAGES } from "./lib/image/stages.ts";
export {
  renderSlot,
  type SlotDefaults,
  type SlotDescription,
  type SlotFiles,
} from "./lib/slot/render.ts";
export { seedSuperviseSkeleton, type SkeletonOptions } from "./lib/slot/skeleton.ts";
