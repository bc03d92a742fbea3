/**
 * A Mesos agent that lost its id comes back with another on the same host, and nobody will ever tell again of
 * what ran under the former: it stays TASK_LOST (docs/mesos.md). The host's offers show that it is back.
 */
import type { ObservedOffer } from "../../model/observed.ts";

export interface Place {
  readonly agentId: string;
  readonly hostname: string;
}

export function isBackAsAnother(
  { agentId, hostname }: Place,
  offers: readonly Pick<ObservedOffer, "agentId" | "hostname">[],
): boolean {
  return offers.some((offer) => offer.hostname === hostname && offer.agentId !== agentId);
}
