/** Ready, or why not, in the words of the page. */
import { describe, expect, it } from "vitest";
import { verdictOf } from "../../../controller/page/words/verdict.ts";
import { clusterObject, conditions } from "../cli/cluster-fixture.ts";

type Changes = Parameters<typeof conditions>[0];

const verdict = (changes: Changes) =>
  verdictOf(clusterObject({ status: { conditions: conditions(changes) } }).status);

describe("the verdict", () => {
  it.each<[string, Changes, object]>([
    ["is Ready", {}, { mood: "good", title: "Ready", others: [] }],
    [
      "says why not, in the words of the condition",
      {
        Ready: ["False", "NoLeader", "etcd has no leader."],
        Progressing: ["True", "Electing", ""],
        Quorate: ["False", "NoLeader", "etcd has no leader."],
      },
      {
        mood: "busy",
        title: "Not ready",
        message: "etcd has no leader.",
        jupyter: "Jupyter answers meanwhile.",
        others: [{ type: "Quorate" }],
      },
    ],
    [
      "says that nobody can work meanwhile",
      {
        Ready: ["False", "NodesNotReady", "Slot 0: Jupyter not ready"],
        JupyterReady: ["False", "Starting", "JupyterLab starts on slot 0."],
        ProxyReady: ["False", "NoTarget", "No leader serves Jupyter."],
      },
      {
        title: "Not ready",
        jupyter: "Jupyter does not answer: No leader serves Jupyter.",
        others: [{ type: "JupyterReady" }, { type: "ProxyReady" }],
      },
    ],
    [
      "says the reason where there are no words",
      { Ready: ["False", "NotSubscribed", ""], Degraded: ["True", "NotSubscribed", ""] },
      { mood: "bad", message: "not subscribed" },
    ],
    [
      "tells of what is wrong beside Ready",
      { BackupReady: ["False", "NoSpace", "The disk is full."] },
      { mood: "good", title: "Ready", others: [{ type: "BackupReady" }] },
    ],
    [
      "of a suspended one is no complaint",
      {
        Ready: ["False", "Suspended", ""],
        Suspended: ["True", "Suspended", ""],
        Quorate: ["Unknown", "Suspended", ""],
        SpecValid: ["False", "Problems", "line 3"],
      },
      { mood: "off", title: "Suspended", others: [{ type: "SpecValid" }] },
    ],
  ])("%s", (_, changes, expected) => {
    expect(verdict(changes)).toMatchObject(expected);
    expect(verdict(changes).others).toHaveLength((expected as { others?: [] }).others?.length ?? 0);
  });

  it("of a cluster that nobody has looked at is that", () => {
    expect(verdictOf(clusterObject({ status: { conditions: [] } }).status)).toMatchObject({
      mood: "busy",
      title: "Not looked at yet",
    });
  });
});
