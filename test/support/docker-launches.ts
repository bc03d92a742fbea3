/** Containers that an engine has made, as it remembers: also those that are gone again. */
import { text } from "node:stream/consumers";
import type Docker from "dockerode";

/**
 * Of the last 256 events, which is what an engine keeps.
 *
 * @param sinceMs of the clock on the wall
 * @param label `key=value` that they bear
 * @returns their names
 */
export async function launchesSince(
  docker: Docker,
  sinceMs: number,
  label: string,
): Promise<string[]> {
  const stream = await docker.getEvents({
    ...{ since: sinceMs / 1_000, until: Date.now() / 1_000 },
    filters: { type: ["container"], event: ["create"], label: [label] },
  });
  const lines = (await text(stream)).split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as Created).Actor.Attributes.name);
}

interface Created {
  readonly Actor: { readonly Attributes: { readonly name: string } };
}
