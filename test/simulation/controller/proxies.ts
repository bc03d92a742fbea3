/** A proxy without its sockets: production's gate, and whatever it is told. */
import { noJoins } from "../../../controller/proxy/kernels/join-outcome.ts";
import type { ClusterProxy, NewProxy } from "../../../controller/proxy/proxy-registry.ts";
import { TargetGate } from "../../../controller/proxy/target-gate.ts";

const NOTHING_PASSES = {
  requests: 0,
  retries: 0,
  heldTotal: 0,
  refused: 0,
  held: 0,
  active: 0,
  webSockets: 0,
  connections: 0,
  joins: noJoins(),
};

export const simulatedProxy: NewProxy = (options): ClusterProxy => {
  const { address, port, clock, log } = options;
  const gate = new TargetGate({
    clock,
    log,
    readyPath: null,
    onChange: () => options.onChange?.(),
  });
  return {
    get assigned() {
      return gate.assigned;
    },
    get isAsked() {
      return gate.isAsked;
    },
    setTarget: (target) => gate.setTarget(target),
    dropTarget: (ip) => gate.dropTarget(ip),
    // There is no Jupyter to ask.
    doubtTarget: (ip) => gate.dropTarget(ip),
    listen: () => Promise.resolve(),
    status: () => ({ listening: true, address, port, error: null, target: gate.served }),
    stats: () => NOTHING_PASSES,
    setHold: () => undefined,
    setHostNames: () => undefined,
    close: async () => gate.close(),
  };
};
