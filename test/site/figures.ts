/** What was measured, for whoever reads the test's output. */

export function figure(what: string, values: object): void {
  console.error(`figure: ${what}: ${JSON.stringify(values)}`);
}

/** Milliseconds, of something that is waited for. */
export async function timed(what: string, wait: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await wait();
  const ms = Math.round(performance.now() - begun);
  figure(what, { ms });
  return ms;
}
