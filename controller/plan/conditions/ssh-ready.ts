import { everyNodePolicy } from "./every-node.ts";

export const sshReady = everyNodePolicy(({ units, sshKnownSlots }, view) => {
  if (!units.sshd.ready) return "sshd not ready";
  const known = new Set(sshKnownSlots);
  return view.nodes.every((n) => !n.desired || known.has(n.slot)) ? null : "keys missing";
});
