import { describe, expect, test } from "vitest";
import { textWithSpec } from "../../../crd-schema/edit.ts";

const LAB = { namespace: "default", name: "lab" };
const HEAD = "apiVersion: jupytercluster.dev/v1alpha1\nkind: JupyterCluster\n";
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAkP0lNnQgvxzZwXJyXk5Y4RrlPVeVbQnW6rHx2k9S3c";
const ANNA = `${KEY} anna`;
const FILE = `# Our lab.
${HEAD}metadata:
  name: lab # the team's
spec:
  # Three survive one loss.
  replicas: 5 # was 3
  jupyter:
    auth: token
  ssh:
    # Anna first
    authorizedKeys:
      - ${ANNA} # her laptop
      - ${KEY} bert
`;
const SPEC = { replicas: 5, jupyter: { auth: "token" }, ssh: { authorizedKeys: [ANNA] } };

describe("another spec in a person's file", () => {
  test("changes what differs, and every comment stays", () => {
    const wanted = { ...SPEC, replicas: 3 };
    const without = FILE.split("\n").filter((line) => !line.includes("bert"));
    const expected = without.join("\n").replace("replicas: 5", "replicas: 3");
    expect(textWithSpec(FILE, LAB, wanted)).toBe(expected);
  });

  test("leaves out what the other did not have, and adds what it had", () => {
    const edited = textWithSpec(FILE, LAB, { replicas: 5, suspend: true });
    expect(edited).toBe(
      `# Our lab.\n${HEAD}metadata:\n  name: lab # the team's\nspec:\n` +
        "  # Three survive one loss.\n  replicas: 5 # was 3\n  suspend: true\n",
    );
  });

  test("touches no other document of the file", () => {
    const other = `${HEAD}metadata:\n  name: other\nspec:\n  suspend: true # now\n`;
    const both = `${other}---\n${FILE}---\n# the end\n${other.replace("other", "third")}`;
    const edited = textWithSpec(both, LAB, { ...SPEC, replicas: 3 });
    expect(edited?.startsWith(`${other}---\n# Our lab.`)).toBe(true);
    expect(edited?.endsWith("# the end\n" + other.replace("other", "third"))).toBe(true);
    expect(edited).toContain("replicas: 3 # was 3");
  });

  test("takes the place of a value that is wrong in any way", () => {
    const broken = FILE.replace("replicas: 5", "replicas: [many]").replace("auth: token", "bad: 1");
    expect(textWithSpec(broken, LAB, SPEC)).toContain("  replicas: 5\n  jupyter:\n    auth: token");
  });

  test("writes out what an alias stands for, for one place alone is to change", () => {
    const options = (name: string) => `    options:\n      team: ${name}\n`;
    const aliased = `# Ours.\n${HEAD}metadata:\n  name: lab\n  labels: &a\n    team: x\nspec:\n  network:\n    options: *a\n`;
    expect(textWithSpec(aliased, LAB, { network: { options: { team: "y" } } })).toBe(
      `${HEAD}metadata:\n  name: lab\n  labels:\n    team: x\nspec:\n  network:\n${options("y")}`,
    );
  });

  test("keeps JSON what was JSON", () => {
    const document = { apiVersion: "jupytercluster.dev/v1alpha1", kind: "JupyterCluster" };
    const json = JSON.stringify({ ...document, metadata: { name: "lab" }, spec: SPEC });
    const edited = textWithSpec(json, LAB, { replicas: 3 });
    expect(JSON.parse(edited ?? "")).toMatchObject({
      metadata: { name: "lab" },
      spec: { replicas: 3 },
    });
  });

  test.each([
    ["no YAML", "a: [1"],
    ["another cluster's", FILE.replace("name: lab", "name: other")],
    ["no mapping", "- 1\n"],
    ["wrong outside the spec", FILE.replace("kind: JupyterCluster", "kind: Pod")],
  ])("does nothing with a file that is %s", (_, text) => {
    expect(textWithSpec(text, LAB, SPEC)).toBe(null);
  });
});
