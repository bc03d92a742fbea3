/** The papers: short enough to be read, and without a dead link. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const README_BYTES_MAX = 10_000;
const NOT_OURS = new Set(["node_modules", "dist", ".git", "coverage", ".jupyter-cluster"]);

function filesBelow(directory: string, ending: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

/** Targets of `[text](target)` that are files of the repository. */
function linksOf(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

describe("the papers", () => {
  it("begin with a README that is read in five minutes", () => {
    expect(statSync(join(repository, "README.md")).size).toBeLessThanOrEqual(README_BYTES_MAX);
  });

  it("have no dead link", () => {
    const dead = filesBelow(repository, ".md").flatMap((path) =>
      linksOf(readFileSync(path, "utf8"))
        .filter((target) => !existsSync(join(dirname(path), target)))
        .map((target) => `${relative(repository, path)} -> ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it("name no file that is not there", () => {
    const roots = [repository, join(repository, "controller")];
    const named = filesBelow(repository, ".md").flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|json|ya?ml|md))`/g)]
        .map(([, name = ""]) => name)
        .filter((name) => !roots.some((root) => existsSync(join(root, name))))
        .map((name) => `${relative(repository, path)} names ${name}`),
    );
    expect(named).toEqual([]);
  });

  it("are all that the code refers to", () => {
    const roots = ["controller", "agent-image", "crd-schema", "test"];
    const cited = roots
      .flatMap((root) => filesBelow(join(repository, root), ".ts"))
      .flatMap((path) =>
        [...readFileSync(path, "utf8").matchAll(/\b(?:docs\/)?[\w/-]+\.md\b/g)]
          .map(([name]) => name)
          .filter((name) => !existsSync(join(repository, name)))
          .map((name) => `${relative(repository, path)} cites ${name}`),
      );
    expect(cited).toEqual([]);
  });
});
