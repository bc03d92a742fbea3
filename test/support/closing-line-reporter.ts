import type { Reporter, SerializedError, TestModule, TestRunEndReason } from "vitest/node";

/**
 * Ends a run with one line that scripts can read: `N passed, N failed`. A file that could not be
 * loaded, a failed setup and an error outside of any test count as failed, so that the line never
 * looks better than the exit code, which stays the runner's own.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        if (state === "failed") failed += 1;
      }
    }
    // A failed global setup shows in no module: no test ran.
    if (failed === 0 && (reason === "failed" || modules.length === 0)) failed = 1;
    // The default reporter prints its summary in the same turn; ours has to be the last line.
    process.once("exit", () => process.stdout.write(`\n${passed} passed, ${failed} failed\n`));
  }
}
