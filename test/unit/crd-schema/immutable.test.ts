import { describe, expect, it } from "vitest";
import { parseManifest } from "../../../crd-schema/documents.ts";
import { formatProblem } from "../../../crd-schema/format.ts";
import { immutableProblems } from "../../../crd-schema/immutable.ts";
import { compiled, withSpec } from "../../support/crd-schema/manifest-text.ts";

/** What is refused of the change from one spec to another, as the person who edits reads it. */
function refused(before: string, after: string): string[] {
  const { clusters, locators } = parseManifest(withSpec(after), "cluster.yaml");
  const [next] = clusters;
  if (next === undefined) throw new Error("not valid");
  const problems = immutableProblems(compiled(withSpec(before)), next, locators.get(next));
  return problems.map((problem) => formatProblem(problem));
}

describe("what cannot be changed on a live cluster", () => {
  it("the subnet, told at its place with both values and the reason", () => {
    const says = refused("", "replicas: 5\nnetwork: {subnet: 10.0.0.0/24}");
    expect(says).toEqual([
      'cluster.yaml:7:21: error: spec.network.subnet: Found "10.0.0.0/24" while the cluster lives with "172.30.0.0/24"; this cannot be changed: every node\'s address and every etcd member\'s peer URL hang on the network. Put it back, or make a cluster of another name.',
    ]);
  });

  it.each([
    ["network: {name: other}", ["spec.network.name"]],
    ["network: {driver: macvlan}", ["spec.network.driver"]],
    ["network: {ipamDriver: x}", ["spec.network.ipamDriver"]],
    ["network: {firstAddress: 172.30.0.20}", ["spec.network.firstAddress"]],
    ['network: {options: {a: "1"}}', ["spec.network.options"]],
    ["storage: {shared: {volumeName: other}}", ["spec.storage.shared.volumeName"]],
    ["storage: {shared: {type: hostPath, hostPath: /srv/x}}", ["spec.storage.shared.type"]],
    ["etcd: {dataVolume: ephemeral}", ["spec.etcd.dataVolume"]],
  ])("%s", (after, fields) => {
    expect(refused("", after).map((line) => line.split(": ")[2])).toEqual(fields);
  });

  it("the host directory", () => {
    const at = (path: string) => `storage: {shared: {type: hostPath, hostPath: ${path}}}`;
    expect(refused(at("/srv/a"), at("/srv/b"))).toHaveLength(1);
  });

  it("without a locator the document's line is told", () => {
    const next = compiled(withSpec("network: {name: other}"));
    const problems = immutableProblems(compiled(withSpec("")), next);
    expect(problems).toMatchObject([{ line: 1, column: 1, field: "spec.network.name" }]);
  });
});

describe("what may be changed", () => {
  it.each([
    "replicas: 5",
    "image: other",
    "resources: {cpus: 1}",
    "storage: {shared: {mountPath: /work}}",
    "etcd: {heartbeatMilliseconds: 10}",
    "jupyter: {port: 9999}",
    "ssh: {user: ada}",
    "proxy: {port: 1}",
    "suspend: true",
  ])("%s", (after) => {
    expect(refused("", after)).toEqual([]);
  });

  it("the order of options, and a default that is written out", () => {
    const before = 'network: {options: {a: "1", b: "2"}}';
    const after = 'network: {options: {b: "2", a: "1"}, subnet: 172.30.0.0/24, driver: bridge}';
    expect(refused(before, after)).toEqual([]);
  });
});
