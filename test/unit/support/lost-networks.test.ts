/** Which rules of a firewall are of networks that Docker has forgotten. */
import { expect, test } from "vitest";
import { lostTranslations } from "../../support/lost-networks.ts";

const LOST = "-s 172.31.86.0/24 ! -o br-86c4671eda1f -j MASQUERADE";

test("a rule is lost with its bridge; those of bridges that are there, and of other subnets, are not", () => {
  const rules = [
    "-P POSTROUTING ACCEPT",
    "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
    "-A POSTROUTING -s 172.31.101.0/24 ! -o br-2476b1e7b16b -j MASQUERADE",
    "-A POSTROUTING -s 10.1.0.0/24 ! -o br-000000000000 -j MASQUERADE",
    `-A POSTROUTING ${LOST}`,
    "-A POSTROUTING -s 172.31.86.0/24 ! -o eth1 -j MASQUERADE",
    "",
  ].join("\n");
  const hasLink = (name: string) => name === "br-2476b1e7b16b";
  expect(lostTranslations(rules, hasLink)).toEqual([LOST.split(" ")]);
});
