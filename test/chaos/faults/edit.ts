/** What a user does to the spec file at any moment, rightly or wrongly. */
import { rm } from "node:fs/promises";
import { REST_MS } from "../../../controller/spec-files/settling.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { isTrue } from "../../support/e2e/local-cluster.ts";
import type { Random } from "../random.ts";
import type { Site } from "../site.ts";
import { type Spec, specText } from "../spec.ts";
import type { Fault } from "./fault.ts";

function valid(kind: string, change: (spec: Spec) => Spec): Fault {
  return {
    kind,
    exclusive: "edit",
    async run(site, before) {
      const next = change(site.spec);
      const generation = before.metadata.generation + 1;
      const endedMs = performance.now();
      await site.saveSpec(next);
      return {
        endedMs,
        what: JSON.stringify(next),
        replaces: "all",
        isOver: ({ metadata, status }) =>
          metadata.generation === generation &&
          status.observedGeneration === generation &&
          status.nodes.length === next.replicas,
      };
    },
  };
}

export const scale = valid("edit: replicas", (spec) => ({
  ...spec,
  replicas: spec.replicas === 3 ? 5 : 3,
}));

export const resize = valid("edit: resources", (spec) => ({
  ...spec,
  cpus: spec.cpus === 0.1 ? 0.15 : 0.1,
}));

const retimed = (spec: Spec): Spec => ({
  ...spec,
  heartbeatMs: spec.heartbeatMs === 20 ? 30 : 20,
});

export const retime = valid("edit: heartbeat", retimed);

const HALF_MS_MAX = 1_000;

/**
 * As a program that writes slowly does it, in place; as often as not the file says in the end what it
 * said before. The half may say anything, and does not count: it does not rest for long enough.
 */
export const halveSpec: Fault = {
  kind: "edit: written in two halves",
  exclusive: "edit",
  async run(site, before, random) {
    const hasChanged = random.chance(0.5);
    const next = hasChanged ? retimed(site.spec) : site.spec;
    const length = specText(site.cluster, next).length;
    const cut = random.whole(0, length - 1);
    const stoodMs = await site.saveInHalves(next, cut, random.whole(0, HALF_MS_MAX));
    const endedMs = performance.now();
    // On a machine that stood still itself the half has rested, and rightly counts.
    const hasRested = stoodMs >= REST_MS;
    const generation = before.metadata.generation + (hasChanged ? 1 : 0);
    return {
      endedMs,
      what: `${cut} of ${length} characters for ${Math.round(stoodMs)} ms, ${hasChanged ? "changed" : "the same"}`,
      replaces: hasChanged || hasRested ? "all" : [],
      isOver: ({ metadata, status }) =>
        // What the half did would show by then.
        performance.now() - endedMs >= 2 * REST_MS &&
        (hasRested ? metadata.generation >= generation : metadata.generation === generation) &&
        status.observedGeneration === metadata.generation &&
        status.nodes.length === next.replicas,
    };
  },
};

/** The good file is put back once the bad one was noticed; nothing may have changed by either. */
function refused(kind: string, damage: (site: Site, random: Random) => Promise<void>): Fault {
  return {
    kind,
    exclusive: "edit",
    async run(site, before, random) {
      const isRefused = (o: JupyterClusterObject) => !isTrue(o, "SpecValid");
      await damage(site, random);
      await site.until("the file is refused", isRefused);
      const endedMs = performance.now();
      await site.saveSpec(site.spec);
      return {
        endedMs,
        what: "",
        replaces: [],
        isOver: (now) =>
          isTrue(now, "SpecValid") && now.metadata.generation === before.metadata.generation,
      };
    },
  };
}

const MISTAKES: readonly ((text: string) => string)[] = [
  (text) => text.replace("replicas:", "replicsa:"),
  (text) => text.replace(/replicas: \d+/, "replicas: three"),
  (text) => text.replace("spec:", "spec: ["),
  (text) => text.slice(0, text.indexOf("name:") + 2),
  () => "",
];

export const breakSpec = refused("edit: broken file", (site, random) =>
  site.cluster.save(random.pick(MISTAKES)(site.specText())),
);

export const removeSpec = refused("edit: file removed", (site) => rm(site.cluster.specFile));
