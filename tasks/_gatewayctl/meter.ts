import {
  type ContainerMetrics,
  type GatewayMetrics,
  gatewayMetrics,
  type Measures,
} from "../../lib/explain/metrics.ts";
import { LogSizes, readRestarts } from "../../lib/explain/metrics_facts.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { VERSION } from "../../lib/image/commands.ts";
import { slotName } from "../../lib/profile/name.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { usageOf } from "../../lib/s6/processes.ts";
import { countServices } from "../../lib/slot/slot_facts.ts";
import { containerCapacity } from "../_facts.ts";
import type { Sight } from "./look.ts";

/** By how much two ways to tell when the machine was started differ at most. */
const JITTER_SECONDS = 2;

/** What was measured of a container. */
export interface Measured {
  /** The container. */
  container: ContainerMetrics;
  /** Its gateways. */
  gateways: GatewayMetrics[];
}

/**
 * Measures a container and its gateways. Needs `--allow-read` for the scandir and
 * the logs.
 */
export class Meter {
  readonly #container: Facts;
  readonly #logs = new LogSizes();
  /**
   * When the machine was started, in seconds since the epoch. One value, or start times would jitter; but
   * another one where the clock was set.
   */
  #machineStart: number | undefined;

  /**
   * Makes one that has not measured yet.
   *
   * @param container The container's facts.
   */
  constructor(container: Facts) {
    this.#container = container;
  }

  /**
   * Measures.
   *
   * @param sight What was seen just now.
   * @returns What was measured.
   */
  measure(sight: Sight): Measured {
    const { gateways, container, processes } = sight;
    const { env } = this.#container;
    const capacity = containerCapacity(this.#container);
    const machineStart = Date.now() / 1000 - processes.uptimeSeconds;
    const isKnown = Math.abs(machineStart - (this.#machineStart ?? -Infinity)) < JITTER_SECONDS;
    // A look that was cut off has no uptime.
    if (!isKnown && processes.uptimeSeconds > 0) this.#machineStart = machineStart;
    const usage = usageOf(processes);
    return {
      container: {
        version: VERSION,
        hermesVersion: env("hermes_version") ?? "",
        bootSeconds: container.boot?.seconds,
        services: capacity && countServices(capacity),
        servicesMax: capacity?.max,
      },
      gateways: gateways.map((facts) => {
        const { status, slot } = facts;
        const measures = slot === "none" ? {} : this.#measuresOf(facts);
        const used = status?.pid == null ? undefined : usage(status.pid);
        const start = status?.pid == null ? undefined : processes.all.get(status.pid);
        return gatewayMetrics(facts, container, {
          ...measures,
          cpuSeconds: used?.cpuSeconds,
          rssBytes: used?.rssBytes,
          startTimeSeconds: start && this.#machineStart !== undefined
            ? Math.round(this.#machineStart + start.startSeconds)
            : undefined,
        });
      }),
    };
  }

  #measuresOf({ profile, logDir }: GatewayFacts): Measures {
    return {
      restarts: readRestarts(this.#container.scandir, slotName(profile)),
      logBytes: this.#logs.of(logDir),
    };
  }
}
