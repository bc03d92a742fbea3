/** How long a master may be silent. Pure. */

/** What Mesos masters use when they do not say. */
const INTERVAL_SECONDS_DEFAULT = 15;
/** Whatever a master says, silence is noticed, and noise is not taken for it. */
const INTERVAL_SECONDS_MIN = 0.1;
const INTERVAL_SECONDS_MAX = 60;
/** One heartbeat may be late, and one may be lost with a slow machine. */
const INTERVALS_MISSED_MAX = 3;

/** @param intervalSeconds `heartbeat_interval_seconds` of SUBSCRIBED */
export function silenceMaxMs(intervalSeconds: number | undefined): number {
  const said = Number.isFinite(intervalSeconds) ? intervalSeconds : undefined;
  const seconds = said !== undefined && said > 0 ? said : INTERVAL_SECONDS_DEFAULT;
  const bounded = Math.min(INTERVAL_SECONDS_MAX, Math.max(INTERVAL_SECONDS_MIN, seconds));
  return bounded * 1000 * INTERVALS_MISSED_MAX;
}
