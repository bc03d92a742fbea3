/** How long a slot waits before it is launched again. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";

/** A node that was ready for this long has proved itself: its next death starts a new count. */
export const PROVEN_AFTER_MS = 5_000;

/**
 * Delay in milliseconds before the launch that follows the `failures`-th failure in a row. The
 * first failure costs nothing: a killed container is back at once, a crash loop is slowed down.
 */
export function relaunchDelayMs(backoff: ClusterSpec["backoff"], failures: number): number {
  if (failures <= 1) return 0;
  const seconds = backoff.initialSeconds * backoff.factor ** (failures - 2);
  return Math.min(seconds, backoff.maxSeconds) * 1000;
}
