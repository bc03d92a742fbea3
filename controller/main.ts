#!/usr/bin/env node
/** Entry of the command line: see `cli/program.ts` for the verbs. */
import { processContext } from "./cli/context.ts";
import { buildProgram } from "./cli/program.ts";
import { runProgram } from "./cli/run-program.ts";

const context = processContext();
await runProgram(buildProgram(context), context, process.argv.slice(2));
