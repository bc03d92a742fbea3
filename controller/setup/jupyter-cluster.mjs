#!/usr/bin/env node
/**
 * What `npx jupyter-cluster` runs. It is there before anything is compiled: npx links what it finds
 * at its first run, and a link to a file that does not exist yet, or is not executable, stays broken.
 */
import { existsSync } from "node:fs";

const program = new URL("../../dist/controller/main.js", import.meta.url);

if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write(
    "error: jupyter-cluster is not compiled here yet. Run `npm start`, which also starts it, or " +
      "`npm run prepare-machine`, which only prepares; then say this again.\n",
  );
  process.exitCode = 3;
}
