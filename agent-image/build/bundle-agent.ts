import { cp, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/**
 * Some packages in the bundle are CommonJS: they need `require` for Node's own modules and
 * `__dirname` for files beside them. Only etcd3 opens such files (`__dirname/../proto/*.proto`),
 * so `__dirname` is where its code would be: `etcd3/lib` beside the bundle's files.
 */
const COMMONJS_BANNER = [
  'import { createRequire as bannerCreateRequire } from "node:module";',
  'import { fileURLToPath as bannerFileURLToPath } from "node:url";',
  "const require = bannerCreateRequire(import.meta.url);",
  'const __dirname = bannerFileURLToPath(new URL("./etcd3/lib", import.meta.url));',
].join("\n");

/** The oldest Node that Debian trixie has. */
const TARGET = "node20";

/**
 * Bundles the agent with all its packages into `outDir`: `agent.mjs`, what it imports only later in
 * files of their own (etcd3 with gRPC is nine tenths of all code, and a node that comes back has
 * its etcd started before it is needed), and the protocol files that etcd3 loads at run time. Not
 * minified: a stack trace of the agent can be read as it is.
 *
 * @throws the bundler's error, which names file, line and column
 */
export async function bundleAgent(entryPoint: string, outDir: string): Promise<void> {
  await mkdir(outDir, { recursive: true });
  await build({
    entryPoints: { agent: entryPoint },
    outdir: outDir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: TARGET,
    banner: { js: COMMONJS_BANNER },
    legalComments: "none",
    logLevel: "silent",
  });
  await copyEtcdProtocol(outDir);
}

async function copyEtcdProtocol(outDir: string): Promise<void> {
  const etcd3 = dirname(dirname(createRequire(import.meta.url).resolve("etcd3")));
  await cp(join(etcd3, "proto"), join(outDir, "etcd3", "proto"), { recursive: true });
}
