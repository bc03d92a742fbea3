import { slotsText } from "../../model/slots-text.ts";
import { everyNodePolicy } from "./every-node.ts";

export const sshReady = everyNodePolicy(({ units, sshKnownSlots }, view) => {
  if (!units.sshd.ready) return "sshd not ready";
  const known = new Set(sshKnownSlots);
  // One that is out of sight is told as that: its keys come with it.
  const there = view.nodes.filter((n) => n.desired && !n.spare && n.agent !== null);
  const strange = there.filter(({ slot }) => !known.has(slot)).map(({ slot }) => slot);
  return strange.length === 0 ? null : `keys of ${slotsText(strange)} missing`;
});
