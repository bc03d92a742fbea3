import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = new URL("../../../package-lock.json", import.meta.url);

/**
 * npm writes a lock file without the packages for other platforms when its registry does not have
 * them, and `npm ci` then refuses that lock file on every machine.
 */
it("the lock file has every optional package that another one names", async () => {
  const { packages } = JSON.parse(await readFile(file, "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});
