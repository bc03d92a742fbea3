/** What the page says, from what the status says. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { mergePatch } from "../../../controller/api/kubernetes/write/merge-patch.ts";
import type { KernelSummary } from "../../../controller/model/resource.ts";
import { kernelsIn } from "../../../controller/page/words/kernels.ts";
import { killConsequences } from "../../../controller/page/words/consequences.ts";
import { changesText, diffLines } from "../../../controller/page/words/generations.ts";
import { LogText } from "../../../controller/page/words/log-text.ts";
import { mergePatchBetween } from "../../../controller/page/words/merge-patch.ts";
import { parseRoute, routeTo } from "../../../controller/page/words/route.ts";
import { pathOf, ratesOf, valuesOf } from "../../../controller/page/words/series.ts";
import { hostsOf, wayOf } from "../../../controller/page/words/topology.ts";
import { nodeMood, stepOf } from "../../../controller/page/words/verdict.ts";
import { yamlOf } from "../../../controller/page/words/yaml.ts";
import { clusterObject, conditions, node } from "../cli/cluster-fixture.ts";

type Changes = Parameters<typeof conditions>[0];

describe("a node", () => {
  it.each([
    ["Running", true, "good", null],
    ["Running", false, "busy", 4],
    ["Joining", false, "busy", 3],
    ["Pending", false, "busy", 0],
    ["BackOff", false, "bad", 0],
    ["Unreachable", false, "bad", null],
    ["Stopping", false, "off", null],
  ] as const)("that is %s (ready: %s) is %s, at step %s", (phase, ready, mood, step) => {
    expect([nodeMood({ phase, ready }), stepOf({ phase, ready })]).toEqual([mood, step]);
  });

  it("is on its host, those without one last", () => {
    const on = (slot: number, hostname: string | null) => node("lab", slot, { hostname });
    const hosts = hostsOf([on(2, "b"), on(0, null), on(3, "a"), on(1, "b")]);
    expect(hosts.map(({ name, nodes }) => [name, nodes.map(({ slot }) => slot)])).toEqual([
      ["a", [3]],
      ["b", [1, 2]],
      [null, [0]],
    ]);
  });
});

describe("the way of a request", () => {
  const way = (changes: Changes, proxy?: string | null) =>
    wayOf(
      clusterObject({ status: { conditions: conditions(changes) } }),
      proxy === undefined
        ? null
        : {
            ...{ version: "1", startedAt: "", role: "acting", controllers: [] },
            mesos: { master: "local", registered: true },
            proxies: [
              {
                ...{ cluster: "default/lab", address: "127.0.0.1:9999" },
                ...{ listening: proxy === null, problem: proxy },
              },
            ],
          },
    );

  it("ends at the leader that the proxy serves", () => {
    const found = way({ ProxyReady: ["True", "Serving", ""] }, null);
    expect([found.address, found.node?.slot, found.problem]).toEqual(["127.0.0.1:9999", 0, null]);
  });

  it.each<[Changes, string | null | undefined, string]>([
    [{ ProxyReady: ["False", "NoTarget", ""] }, undefined, "Requests wait for a leader."],
    [{ ProxyReady: ["False", "NoTarget", "Held."] }, null, "Held."],
    [{ ProxyReady: ["False", "NoTarget", "Held."] }, "The port is taken.", "The port is taken."],
  ])("ends nowhere, and says why", (changes, proxy, problem) => {
    expect(way(changes, proxy)).toMatchObject({ node: null, problem });
  });
});

describe("what killing does", () => {
  const { status } = clusterObject();
  const [leader, follower] = status.nodes;

  it("to a follower is little", () => {
    expect(killConsequences(status, follower!)).toEqual([
      "It is no leader: Jupyter goes on, and nobody else is renamed.",
      "Slot 1 is launched again at 172.30.0.11 on the data it has now.",
    ]);
  });

  it("to the leader is an election, and the end of its kernels", () => {
    const told = killConsequences(status, leader!).join(" ");
    expect(told).toContain("Another node is elected and becomes lab-0");
    expect(told).toContain("Kernels in its container end");
  });

  it("names the kernels that end with the container, whoever leads", () => {
    const kernel: KernelSummary = {
      ...{ id: "abcdefghij", name: "python3", notebook: null, node: "lab-1", slot: 1 },
      ...{ since: null, memoryBytes: null, lastExit: null, state: "busy" },
    };
    const lost: KernelSummary = { ...kernel, state: "lost" };
    const kernels = [kernel, { ...kernel, slot: 2 }, lost];
    expect(killConsequences({ ...status, kernels }, follower!)).toContain(
      "It ends 1 kernel: python3 abcdefgh on lab-1 (busy).",
    );
    expect(killConsequences({ ...status, kernels }, leader!).join(" ")).not.toContain("kernel");
  });

  it("to one too many is the end of the quorum, which is said first", () => {
    const nodes = status.nodes.map((one) => ({ ...one, ready: one.slot !== 2 }));
    const [first, second] = killConsequences({ ...status, nodes }, leader!);
    expect(first).toMatch(/^The quorum is lost .*: 1 of 3 members are left, 2 are needed/);
    expect(second).toMatch(/^No other can be elected/);
  });
});

describe("lines", () => {
  const samples = [10, 30, null, 20, 40].map((requests, i) => ({
    at: i * 10_000,
    clusters: {
      "default/lab": { requests, webSockets: 1, revision: 1, databaseBytes: 1, nodes: 3 },
    },
  }));

  it("have a gap where nothing is known", () => {
    expect(valuesOf(samples, "default/lab", "requests")).toEqual([10, 30, null, 20, 40]);
    expect(valuesOf(samples, "default/other", "requests")).toEqual(Array(5).fill(null));
    expect(pathOf([0, 2, null, 1], 4, 30, 10)).toBe("M0 10L10 0M30 5");
  });

  it("of totals are rates, and a total that began anew is no rate", () => {
    expect(ratesOf(samples, "default/lab", "requests")).toEqual([2, null, null, 2]);
    const again = [{ ...samples[1]!, at: 0 }, samples[3]!];
    expect(ratesOf(again, "default/lab", "requests")).toEqual([null]);
  });
});

describe("addresses", () => {
  it.each(["default/lab", "a-b/c.d"])("of %s are read as they were written", (key) => {
    expect(parseRoute(routeTo(key))).toMatchObject({ page: "cluster", key, tab: "overview" });
    const logs = { page: "cluster", key, tab: "logs", node: "slot-1", unit: "etcd" };
    expect(parseRoute(routeTo(key, "logs", "slot-1", "etcd"))).toEqual(logs);
  });

  it.each(["", "#", "#/", "#/default", "#/%E0%A4%A/lab"])("like %j mean the list", (hash) => {
    expect(parseRoute(hash)).toEqual({ page: "clusters" });
  });
});

describe("the spec as YAML", () => {
  it("is what a reader of YAML makes the same of, whatever is in it", () => {
    const data = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 });
    fc.assert(
      fc.property(data, (value) => {
        expect(parse(yamlOf(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("looks as one would write it", () => {
    const spec = { replicas: 3, list: [{ a: "x y", b: [] }, "1"], empty: {} };
    expect(yamlOf({ kind: "JupyterCluster", spec })).toBe(
      [
        ...["kind: JupyterCluster", "spec:", "  replicas: 3", "  list:"],
        ...["    - a: x y", "      b: []", '    - "1"', "  empty: {}"],
      ].join("\n"),
    );
  });
});

describe("the way back to a spec", () => {
  it("is a merge patch that makes it of the one in force, whatever the two are", () => {
    // A merge patch cannot say null, and the spec has none.
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer()));
    const spec = fc.dictionary(fc.string(), fc.oneof(leaf, fc.dictionary(fc.string(), leaf)));
    fc.assert(
      fc.property(spec, spec, (from, to) => {
        expect(mergePatch(from, mergePatchBetween(from, to))).toEqual(to);
      }),
      { examples: [[{ ["__proto__"]: "" }, {}]] },
    );
  });

  it("says in a line what a generation has changed", () => {
    const changes = [
      { field: "spec.replicas", from: 3, to: 5 },
      { field: "spec.suspend", to: true },
    ];
    const text = (of: typeof changes | null) =>
      changesText({ generation: 2, at: null, changes: of, spec: {} });
    expect(text(changes)).toBe("spec.replicas: 3 → 5, spec.suspend: none → true");
    expect([text(null), text([])]).toEqual([
      "the first that is kept",
      "nothing but labels or annotations",
    ]);
  });

  it("shows a diff by its lines", () => {
    const diff = "===\n--- generation 1\n+++ generation 2\n@@ -1 +1 @@\n spec:\n-  a: 1\n+  a: 2\n";
    expect(diffLines(diff).map(({ kind }) => kind)).toEqual(["place", "same", "removed", "added"]);
  });
});

describe("a log", () => {
  it("is whole lines, however its pieces come, and what was searched in it", () => {
    const log = new LogText();
    for (const piece of ["one\ntw", "o\nThr", "ee\nfou"]) log.add(piece);
    expect(log.lines("")).toBe("one\ntwo\nThree\nfou");
    expect(log.lines("thr")).toBe("Three");
  });

  it("keeps its end", () => {
    const log = new LogText();
    for (let i = 0; i < 6_000; i += 1) log.add(`${i}\n`);
    const lines = log.lines("").split("\n");
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([5_000, "1000", "5999"]);
  });
});

describe("kernels", () => {
  it("are not told of by everybody, and that is not none", () => {
    expect(kernelsIn({})).toBeNull();
    expect(kernelsIn({ kernels: null })).toBeNull();
    expect(kernelsIn({ kernels: [] })).toEqual([]);
  });

  it("are rows, of what is known of them", () => {
    const lastExit = { reason: "NodeLost", message: "It is gone.", at: "2026" } as const;
    const first = { id: "abcdefghij", name: "python3", notebook: null, node: "lab-1", slot: 1 };
    const second = { ...first, id: "k", notebook: "a.ipynb", node: null, slot: 2 };
    const kernels = [
      { ...first, state: "busy", since: "2026", memoryBytes: 2 ** 20, lastExit: null },
      { ...second, state: "unknown", since: null, memoryBytes: null, lastExit },
    ] as const;
    expect(kernelsIn({ kernels })).toEqual([
      {
        ...{ id: "abcdefghij", notebook: "python3 abcdefgh", node: "lab-1" },
        ...{ state: "busy", memory: "1.0MiB", since: "2026", lastExit: null },
      },
      {
        ...{ id: "k", notebook: "a.ipynb", node: "slot-2" },
        ...{ state: "unknown", memory: "", since: null, lastExit },
      },
    ]);
  });
});
