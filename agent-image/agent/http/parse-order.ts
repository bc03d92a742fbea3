/** Orders come from outside: every field is checked, and nothing else is taken over. */
import type { AgentOrder, EtcdOrder } from "../../../controller/model/agent-api.ts";
import { memberNameOf } from "../../../controller/model/ids.ts";
import { Checker, CheckError } from "../system/checker.ts";

const HEX_ID = /^[0-9a-f]{1,16}$/;
const MEMBER_NAME = /^slot-\d+$/;
const PEER_URL = /^http:\/\/\d+\.\d+\.\d+\.\d+:\d+$/;

/**
 * @param slot this node's; an order for the member of another slot is refused
 * @throws CheckError naming the field and what is allowed
 */
export function parseOrder(value: unknown, slot: number): AgentOrder {
  const root = new Checker(value, "order");
  const jupyter = root.object("jupyter");
  const etcd = parseEtcdOrder(root.object("etcd"));
  if (etcd.memberName !== memberNameOf(slot)) {
    throw new CheckError(`order.etcd.memberName must be ${memberNameOf(slot)}`);
  }
  return {
    orderId: root.string("orderId", /^[\x21-\x7e]{1,300}$/),
    etcd,
    jupyter: {
      token: jupyter.string("token", /^[\x21-\x7e]{0,300}$/),
      cookieSecret: jupyter.string("cookieSecret", /^[\x21-\x7e]{16,300}$/),
    },
  };
}

function parseEtcdOrder(etcd: Checker): EtcdOrder {
  const mode = etcd.oneOf("mode", ["bootstrap", "resume", "join", "force-new-cluster"]);
  const memberName = etcd.string("memberName", MEMBER_NAME);
  switch (mode) {
    case "bootstrap":
      return {
        mode,
        memberName,
        initialCluster: etcd.stringMap("initialCluster", MEMBER_NAME, PEER_URL),
        token: etcd.string("token", /^[\x21-\x7e]{1,300}$/),
      };
    case "resume":
      return { mode, memberName, clusterId: etcd.nullableString("clusterId", HEX_ID) };
    case "join":
      return {
        mode,
        memberName,
        memberId: etcd.string("memberId", HEX_ID),
        clusterId: etcd.string("clusterId", HEX_ID),
        initialCluster: etcd.stringMap("initialCluster", MEMBER_NAME, PEER_URL),
      };
    case "force-new-cluster":
      return { mode, memberName, clusterId: etcd.string("clusterId", HEX_ID) };
  }
}
