/**
 * Six projects, from quick to slow:
 * - `unit`, `property` and `security` need nothing but Node, and run in parallel;
 * - `integration` and `e2e` use real containers: one file at a time, on a prepared machine.
 * - `site` makes a Mesos site of many hosts on this machine (root only); `npm test` leaves it out.
 */
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
const closingLine = fileURLToPath(new URL("support/closing-line-reporter.ts", import.meta.url));
const seconds = 1000;

function quick(name: string): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: 30 * seconds,
      hookTimeout: 30 * seconds,
    },
  };
}

function onDocker(
  name: string,
  order: number,
  testTimeout: number,
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      fileParallelism: false,
      maxWorkers: 1,
      testTimeout,
      hookTimeout: 5 * 60 * seconds,
      globalSetup: ["test/support/machine.setup.ts"],
      // Heavy projects come after the quick ones and after one another, never beside them.
      sequence: { groupOrder: order },
    },
  };
}

export default defineConfig({
  root,
  test: {
    environment: "node",
    teardownTimeout: 60 * seconds,
    reporters: ["default", closingLine],
    projects: [
      quick("unit"),
      quick("property"),
      quick("security"),
      onDocker("integration", 1, 120 * seconds),
      onDocker("e2e", 2, 300 * seconds),
      onDocker("site", 3, 600 * seconds),
    ],
  },
});
