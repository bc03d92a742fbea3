/** How long work has taken. */

/**
 * - `wall`: as a person at the machine waits for it;
 * - `cpu`: as if the machine had nothing else to do: what all threads of this process have
 *   computed, for each of them.
 */
export type Clock = "wall" | "cpu";

/** @returns milliseconds since it was called */
export function stopwatch(clock: Clock, threads: number): () => number {
  if (clock === "wall") {
    const beganAt = performance.now();
    return () => performance.now() - beganAt;
  }
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / threads;
  };
}
