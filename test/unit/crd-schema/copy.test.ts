import { describe, expect, it } from "vitest";
import { copyManifest } from "../../../crd-schema/copy.ts";
import { parseManifest } from "../../../crd-schema/documents.ts";

const TEXT = `# A comment that stays.
apiVersion: jupytercluster.dev/v1alpha1
kind: JupyterCluster
metadata:
  name: lab # the name
spec:
  replicas: 3
  network:
    name: jupyter-cluster-lab
    subnet: 172.30.0.0/24
    firstAddress: 172.30.0.10
  storage:
    shared: { type: volume, mountPath: /shared, volumeName: lab-files }
`;

describe("a copy of a spec file", () => {
  it("has what was said, and what derives from it anew; the rest stays", () => {
    const changes = { name: "lab-2", subnet: "172.30.7.0/24", proxyPort: 8890 };
    const text = copyManifest(TEXT, changes) ?? "";
    expect(text).toContain("# A comment that stays.");
    expect(text).toContain("name: lab-2 # the name");
    const { clusters, problems } = parseManifest(text, "copy.yaml");
    expect(problems).toEqual([]);
    const [{ metadata, spec } = { metadata: null, spec: null }] = clusters;
    expect(metadata?.name).toBe("lab-2");
    expect(spec?.network).toMatchObject({
      name: "jupyter-cluster-lab-2",
      subnet: "172.30.7.0/24",
      firstAddress: "172.30.7.10",
    });
    expect(spec?.proxy.port).toBe(8890);
    expect(spec?.storage.shared).toMatchObject({ volumeName: "default-lab-2-shared" });
  });

  it("is the same text when nothing is changed", () => {
    expect(copyManifest(TEXT, {})).toBe(TEXT);
  });

  it("is none of a file with two clusters", () => {
    expect(copyManifest(`${TEXT}---\n${TEXT}`, { name: "b" })).toBeNull();
  });
});
