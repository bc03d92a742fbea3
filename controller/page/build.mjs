/**
 * The page as a browser gets it: two scripts, a style sheet, a document and an icon, beside the compiled
 * controller. `node controller/page/build.mjs [DIRECTORY]`
 */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const outdir = process.argv[2] ?? join(here, "../../dist/controller/page");

await mkdir(outdir, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { page: "main.tsx", "shared-stream": "shared-stream.ts" },
  outdir,
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  logLevel: "warning",
});
await build({
  absWorkingDir: here,
  entryPoints: ["page.css"],
  outdir,
  minify: true,
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) await copyFile(join(here, name), join(outdir, name));
