import { describe, expect, test } from "vitest";
import { jupyterClusters } from "../../../../controller/api/kubernetes/kinds/jupyter-clusters.ts";
import { labelSelector, selectorOf } from "../../../../controller/api/kubernetes/selectors.ts";
import { clusterObject } from "../../cli/cluster-fixture.ts";

const LABELS = { course: "physics", "example.com/team": "a" };

describe("a label selector", () => {
  test.each([
    ["", true],
    ["course=physics", true],
    ["course == physics", true],
    ["course=maths", false],
    ["course!=maths", true],
    ["room!=12", true],
    ["course in (maths, physics)", true],
    ["course notin (maths,physics)", false],
    ["room notin (12)", true],
    ["room in (12)", false],
    ["course", true],
    ["room", false],
    ["!room", true],
    ["!course", false],
    ["example.com/team=a,course", true],
    ["example.com/team in (a,b),course=maths", false],
  ])("%j takes the object: %j", (text, is) => {
    expect(labelSelector(text)(LABELS)).toBe(is);
  });

  test.each(["=b", "a=b=c", "a in b", "a b", "(a)", "a in (b", ",", "a=b,"])(
    "%j is refused",
    (text) => {
      expect(() => labelSelector(text)).toThrow("labelSelector");
    },
  );
});

describe("a field selector", () => {
  const selects = (text: string) =>
    selectorOf(jupyterClusters, new URLSearchParams({ fieldSelector: text }))(clusterObject());

  test.each([
    ["metadata.name=lab", true],
    ["metadata.name!=lab", false],
    ["metadata.namespace==default,metadata.name=lab", true],
    ["metadata.name=other", false],
    ["status.phase=Ready", true],
  ])("%j takes the object: %j", (text, is) => {
    expect(selects(text)).toBe(is);
  });

  test.each(["spec.replicas=3", "metadata.name", "constructor=x", "=x"])(
    "%j is refused",
    (text) => {
      expect(() => selects(text)).toThrow(/fieldSelector: .* metadata.name, metadata.namespace/);
    },
  );
});
