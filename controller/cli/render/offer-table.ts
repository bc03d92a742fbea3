/** Offers as rows: one for each decision, one for an offer that nobody waited for. */
import { shortSize, ageOf } from "./units.ts";
import { renderTable } from "./table.ts";
import type { OfferedResource, OfferRecord } from "../../model/offer.ts";

export interface OfferTableStyle {
  readonly wide: boolean;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  /** Name of the one that was asked for; undefined: all are shown. */
  readonly cluster: string | undefined;
}

export function offerTable(offers: readonly OfferRecord[], style: OfferTableStyle): string {
  const header = ["AGE", "HOST", "CPUS", "MEMORY", "DISK", "STATE"];
  if (style.cluster === undefined) header.push("CLUSTER");
  header.push("SLOTS", "REASON", "MESSAGE");
  if (style.wide) header.push("AGENT", "RESOURCES", "ATTRIBUTES", "OFFER");
  return renderTable(
    header,
    offers.flatMap((offer) => rowsOf(offer, style)),
  );
}

function rowsOf(offer: OfferRecord, style: OfferTableStyle): string[][] {
  const what = [
    ageOf(offer.receivedAt, style.now),
    offer.hostname,
    String(offer.cpus),
    shortSize(offer.memoryMiB * 2 ** 20),
    shortSize(offer.diskMiB * 2 ** 20),
    stateOf(offer),
  ];
  const attributes = Object.entries(offer.attributes).map(([name, value]) => `${name}:${value}`);
  const more = style.wide
    ? [
        offer.agentId,
        offer.resources.map(resourceText).join("; "),
        attributes.join(";") || "<none>",
        offer.id,
      ]
    : [];
  const named = (cluster: string) => (style.cluster === undefined ? [cluster] : []);
  if (offer.decisions.length === 0) {
    const nobody =
      style.cluster === undefined ? "no cluster waited" : `${style.cluster} did not wait`;
    const message = `${nobody} for an offer`;
    return [[...what, ...named("<none>"), "<none>", "NotWanted", message, ...more]];
  }
  return offer.decisions.map(({ cluster, slots, reason, message }) => [
    ...what,
    ...named(cluster),
    slots.join(","),
    reason,
    message,
    ...more,
  ]);
}

function stateOf({ state, declinedForSeconds: seconds }: OfferRecord): string {
  return state === "Declined" ? `Declined ${seconds}s` : state;
}

function resourceText({ name, amount, role, unusable }: OfferedResource): string {
  const reserved = role === "*" ? "" : `(${role})`;
  return `${name}${reserved}:${amount}${unusable === null ? "" : ` [${unusable}]`}`;
}
