import type { Boot } from "./_boots.ts";
import type { ImageResult } from "./_image.ts";
import { SCENES, type StageResult } from "./_stages.ts";

/** What the budgets are about, all of one run. */
export interface Results {
  /** With 20 and 200 gateways, of every contender. */
  boots: readonly Boot[];
  stages: readonly StageResult[];
  image: ImageResult;
}

/** A budget: a ratio of what was measured, and what it may be. */
export interface Verdict {
  what: string;
  ratio: number;
  atMost: number;
}

/** Whether a budget is met. Pure. */
export function isMet({ ratio, atMost }: Verdict): boolean {
  return ratio <= atMost;
}

function bootVerdicts(boots: readonly Boot[]): Verdict[] {
  const of = (contender: string, size: number) =>
    boots.find((one) => one.contender === contender && one.size === size);
  const up = (contender: string, size: number) => of(contender, size)?.upMs ?? NaN;
  return [20, 200].flatMap((size) =>
    ["shared", "isolated"].flatMap((mode) => {
      const name = `hermes-boot, ${mode}`;
      const peer = Math.min(up("supervisord", size), up("pm2-runtime", size));
      const floor = up("bare s6-svscan", size);
      const afterHooks = of(name, size)?.afterHooksMs ?? NaN;
      return [
        {
          what: `last of ${size} gateways up, ${mode}, of the faster peer`,
          ratio: up(name, size) / peer,
          // Shared supervision runs nine programs for a gateway and its logger, pm2 one for a gateway.
          atMost: mode === "shared" && size === 200 ? 1.3 : 1,
        },
        {
          what: `last of ${size} gateways up, ${mode}, from the hooks on, of the floor`,
          ratio: afterHooks / floor,
          atMost: mode === "shared" ? 2.5 : 2,
        },
      ];
    })
  );
}

function stageVerdicts(stages: readonly StageResult[]): Verdict[] {
  const ms = (what: string, size: number) =>
    stages.find((one) => one.what === what && one.size === size)?.ms ?? NaN;
  const bare = ms(SCENES.bare, 0);
  // What 995 more cost; each is a slot.
  const slots = (what: string) => ms(what, 1000) - ms(what, 5);
  const thousand = ms(SCENES.shared, 1000);
  const ratios: [what: string, ratio: number, atMost: number][] = [
    ["02 with 5 profiles, shared, of a bare start", ms(SCENES.shared, 5) / bare, 2.5],
    ["02 with 5 profiles, isolated, of a bare start", ms(SCENES.isolated, 5) / bare, 2.2],
    ["02 per slot, shared, of C", slots(SCENES.shared) / slots(SCENES.c), 2.5],
    ["02 per slot, isolated, of shared", slots(SCENES.isolated) / slots(SCENES.shared), 0.8],
    ["02 with 4000 profiles, of 1000", ms(SCENES.shared, 4000) / thousand, 4.4],
    ["02 again with 1000 profiles, of the first", ms(SCENES.again, 1000) / thousand, 0.9],
    ["015 with 20 services, of a bare start", ms(SCENES.supervise, 20) / bare, 1.6],
  ];
  return ratios.map(([what, ratio, atMost]) => ({ what, ratio, atMost }));
}

function imageVerdicts({ hooks, bare, commands }: ImageResult): Verdict[] {
  const hooksMs = [...hooks.values()].reduce((sum, { ms }) => sum + ms, 0);
  return [
    {
      what: "the hooks with 5 profiles, of three bare starts",
      ratio: hooksMs / (3 * bare.ms),
      atMost: 2.9,
    },
    ...[...commands].map(([name, { cpuMs }]) => ({
      what: `CPU of gatewayctl ${name} with 10 gateways, of a bare start`,
      ratio: cpuMs / bare.cpuMs,
      atMost: 2.7,
    })),
  ];
}

/**
 * Judges results by the budgets. Pure; no permission is needed.
 *
 * @param results What was measured.
 * @returns One verdict per budget.
 */
export function judge({ boots, stages, image }: Results): Verdict[] {
  return [...bootVerdicts(boots), ...imageVerdicts(image), ...stageVerdicts(stages)];
}
