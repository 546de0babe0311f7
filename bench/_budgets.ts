import { BARE, type Extent, perItemUs, type Result, resultOf } from "./_results.ts";
import { C_SAME, RECONCILE, SUPERVISE } from "./_worlds.ts";

/** What has to be measured for {@linkcode judge}. */
export const BUDGETED: Omit<Extent, "rounds"> = {
  services: [20],
  profiles: [1, 5, 1000, 4000],
  titles: new Set([BARE, SUPERVISE, RECONCILE, C_SAME]),
  traced: [1000],
};

/** A budget and what was measured. */
export interface Verdict {
  what: string;
  measured: string;
  budget: string;
  ok: boolean;
}

const times = (ratio: number) => `${ratio.toFixed(2)} x`;

/**
 * Judges results by the budgets. Pure; no permission is needed.
 *
 * @param results Of what {@linkcode BUDGETED} says.
 * @returns One verdict per budget.
 */
export function judge(results: readonly Result[]): Verdict[] {
  const bare = resultOf(results, BARE, 0);
  const ratio = (what: string, measured: number, atMost: number): Verdict => ({
    what,
    measured: times(measured),
    budget: times(atMost),
    ok: measured <= atMost,
  });
  const slots = (title: string) => {
    const result = resultOf(results, title, 1000);
    return perItemUs(results, result) ?? NaN;
  };
  const c = results.some(({ title }) => title === C_SAME) ? slots(C_SAME) : NaN;
  const perSlot = slots(RECONCILE);
  const growth = resultOf(results, RECONCILE, 4000).ms.median /
    resultOf(results, RECONCILE, 1000).ms.median;
  const thousand = resultOf(results, RECONCILE, 1000);
  const verdicts = [
    ratio(
      "02 with 5 profiles, of a bare start",
      resultOf(results, RECONCILE, 5).ms.median / bare.ms.median,
      1.45,
    ),
    ratio(
      "015 with 20 services, of a bare start",
      resultOf(results, SUPERVISE, 20).ms.median / bare.ms.median,
      1.25,
    ),
    {
      what: "02 with 1000 profiles, per slot, of C",
      measured: `${times(perSlot / c)}, ${perSlot.toFixed(0)} us`,
      budget: "2.00 x or 130 us",
      ok: perSlot <= 130 || perSlot <= 2 * c,
    },
    ratio("02 from 1000 to 4000 profiles", growth, 4.4),
  ];
  if (thousand.started !== null) {
    const { started } = thousand;
    const ok = started <= 1;
    verdicts.push({
      what: "programs started by 02 with 1000 profiles",
      measured: `${started}`,
      budget: "1",
      ok,
    });
  }
  if (thousand.peakKiB !== null && bare.peakKiB !== null) {
    verdicts.push(
      ratio("peak memory of 02 with 1000 profiles", thousand.peakKiB / bare.peakKiB, 1.3),
    );
  }
  return verdicts;
}
