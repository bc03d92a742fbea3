import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LEAST_RESOURCES } from "../../../crd-schema/values/least-resources.ts";

it("no node may have fewer cores than masters are asked not to offer", () => {
  const schema = readFileSync("crd-schema/jupytercluster.schema.json", "utf8");
  const { properties } = JSON.parse(schema).properties.spec.properties.resources;
  expect(properties.cpus.minimum).toBe(LEAST_RESOURCES.cpus);
});
