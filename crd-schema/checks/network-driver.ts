/** What drivers of container networks need beside their names. */
import type { Problem } from "../spec.ts";
import { type Located, warningAt } from "./check.ts";

const OPTIONS = ["spec", "network", "options"] as const;
const IPAM = ["spec", "network", "ipamDriver"] as const;

export function checkNetworkDriver(located: Located): Problem[] {
  const { driver, ipamDriver, options } = located.cluster.spec.network;
  const needs = driver === "macvlan" || driver === "ipvlan";
  if (needs && options["parent"] === undefined) {
    const message =
      `The driver ${driver} has no option parent, such as {parent: eth0}: made so, the network ends ` +
      "at each host. It is right only for a network that the site has made.";
    return [warningAt(located, OPTIONS, message)];
  }
  if (driver === "calico" && ipamDriver !== "calico-ipam") {
    const message = `Found ${ipamDriver}; the driver calico makes no network without calico-ipam.`;
    return [warningAt(located, IPAM, message)];
  }
  return [];
}
