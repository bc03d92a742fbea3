/** Clusters against each other, in one file and over several. */
import { describe, expect, it } from "vitest";
import { compileText, resolveConflicts } from "../../../crd-schema/documents.ts";
import { formatProblem } from "../../../crd-schema/format.ts";
import { withSpec } from "../../support/crd-schema/manifest-text.ts";

interface Result {
  readonly clusters: readonly string[];
  readonly says: readonly string[];
}

/** Each text is a file: a.yaml, b.yaml, … */
function load(texts: readonly string[]): Result {
  const files = texts.map((text, i) => compileText(text, `${String.fromCharCode(97 + i)}.yaml`));
  const { clusters, problems } = resolveConflicts(files);
  return {
    clusters: clusters.map(({ metadata }) => metadata.name),
    says: problems.map((problem) => formatProblem(problem)),
  };
}

const NETWORK = "network: {subnet: 10.9.0.0/24}";

describe("a conflict is told at both places, and refuses both", () => {
  it("the same namespace and name in two files", () => {
    expect(load([withSpec(""), withSpec(NETWORK)])).toEqual({
      clusters: [],
      says: [
        "a.yaml:4:9: error: metadata.name: The same cluster is described by default/lab (b.yaml:1); allowed: each namespace and name once.",
        "b.yaml:4:9: error: metadata.name: The same cluster is described by default/lab (a.yaml:1); allowed: each namespace and name once.",
      ],
    });
  });

  it("two clusters whose default networks overlap, in one file", () => {
    const second = withSpec("network: {subnet: 172.16.0.0/12}\nproxy: {port: 1}", "other");
    expect(load([`${withSpec("")}---\n${second}`])).toEqual({
      clusters: [],
      says: [
        "a.yaml:5:1: error: spec.network.subnet: Found 172.30.0.0/24, which overlaps 172.16.0.0/12 of default/other (a.yaml:7); give one of the two another subnet, or both the same network.name and subnet.",
        "a.yaml:12:21: error: spec.network.subnet: Found 172.16.0.0/12, which overlaps 172.30.0.0/24 of default/lab (a.yaml:1); give one of the two another subnet, or both the same network.name and subnet.",
      ],
    });
  });

  it("one network with two subnets", () => {
    const a = withSpec("network: {name: n, subnet: 10.1.0.0/24}");
    const b = withSpec("network: {name: n, subnet: 10.2.0.0/24}\nproxy: {port: 1}", "other");
    const { clusters, says } = load([a, b]);
    expect(clusters).toEqual([]);
    expect(says[0]).toBe(
      "a.yaml:6:19: error: spec.network.name: The network n has another subnet in default/other (b.yaml:1); give both the same subnet, or one of them another network.name and subnet.",
    );
  });

  it("one network, and addresses that overlap", () => {
    const a = withSpec("network: {name: n}");
    const b = withSpec("network: {name: n, firstAddress: 172.30.0.12}\nproxy: {port: 1}", "other");
    const { clusters, says } = load([a, b]);
    expect(clusters).toEqual([]);
    expect(says[1]).toBe(
      "b.yaml:6:36: error: spec.network.firstAddress: The nodes' addresses 172.30.0.12 to 172.30.0.14 are also those of default/lab (a.yaml:1); give one of the two a firstAddress 9 higher than the other's.",
    );
  });

  it("one proxy address", () => {
    const b = withSpec(`${NETWORK}\nproxy: {address: 0.0.0.0}`, "other");
    expect(load([withSpec(""), b])).toEqual({
      clusters: [],
      says: [
        "a.yaml:5:1: error: spec.proxy.port: The proxy's 127.0.0.1:8888 is taken by default/other (b.yaml:1); give one of the two another port.",
        "b.yaml:7:3: error: spec.proxy.port: The proxy's 0.0.0.0:8888 is taken by default/lab (a.yaml:1); give one of the two another port.",
      ],
    });
  });

  it("two names that make the same names of volumes", () => {
    const a = withSpec("", "b-c").replace("metadata:", "metadata:\n  namespace: a");
    const b = withSpec(`${NETWORK}\nproxy: {port: 1}`, "c").replace(
      "metadata:",
      "metadata:\n  namespace: a-b",
    );
    const { clusters, says } = load([a, b]);
    expect(clusters).toEqual([]);
    expect(says[0]).toBe(
      "a.yaml:5:9: error: metadata.name: Volumes are named a-b-c-…, as those of a-b/c (b.yaml:1); give one of the two another name.",
    );
  });

  it("a third cluster without a conflict is not refused", () => {
    const third = withSpec(`${NETWORK}\nproxy: {port: 2}`, "third");
    expect(load([withSpec(""), withSpec(""), third]).clusters).toEqual(["third"]);
  });
});

describe("no conflict", () => {
  it("networks and proxies that differ", () => {
    const b = withSpec(`${NETWORK}\nproxy: {port: 1}`, "other");
    expect(load([withSpec(""), b])).toEqual({ clusters: ["lab", "other"], says: [] });
  });

  it("one network with room for both", () => {
    const a = withSpec("network: {name: n}");
    const b = withSpec("network: {name: n, firstAddress: 172.30.0.19}\nproxy: {port: 1}", "other");
    expect(load([a, b])).toEqual({ clusters: ["lab", "other"], says: [] });
  });

  it("one network with room for both as they are: a warning tells of their growth", () => {
    const a = withSpec("network: {name: n}");
    const b = withSpec("network: {name: n, firstAddress: 172.30.0.13}\nproxy: {port: 1}", "other");
    const { clusters, says } = load([a, b]);
    expect(clusters).toEqual(["lab", "other"]);
    expect(says).toHaveLength(2);
    expect(says[0]).toContain("a.yaml:6:3: warning: spec.network.firstAddress: With 9 replicas");
  });

  it("the same port on two addresses", () => {
    const b = withSpec(`${NETWORK}\nproxy: {address: 127.0.0.2}`, "other");
    expect(load([withSpec(""), b]).says).toEqual([]);
  });
});

it("of very many copies of a file, each tells a bounded number of conflicts", () => {
  const { clusters, says } = load(Array.from({ length: 60 }, () => withSpec("")));
  expect(clusters).toEqual([]);
  expect(says).toHaveLength(600);
});
