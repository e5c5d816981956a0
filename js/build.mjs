/**
 * Bundles the front-end into runtime_widgets/widgets/static/.
 *
 * - stub.js: the anywidget `_esm`. It is sent, parsed and held again for every widget
 *   instance, so it must stay tiny and import nothing heavy.
 * - a module for each view, and what they share, style sheets included as text. Each is sent
 *   once a page, and only when a view that needs it is shown.
 * - manifest.json: which files each view needs, those first that others import.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, "..", "runtime_widgets", "widgets", "static");
// The stub rides in every widget's state: past this size it is no longer a stub.
const stubLimitBytes = 4096;
const views = ["card", "monitor", "usage"];

/** A style sheet arrives as text, without its comments and white space. */
const minifiedCss = {
  name: "minified-css",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await esbuild.transform(source, { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

/** @type {esbuild.BuildOptions} */
const options = {
  absWorkingDir: here,
  outdir,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  logLevel: "info",
  plugins: [minifiedCss],
};

/** @type {esbuild.BuildOptions} */
const stub = { ...options, entryPoints: { stub: "src/stub.ts" } };
/** @type {esbuild.BuildOptions} */
const all = {
  ...options,
  entryPoints: Object.fromEntries(views.map((view) => [view, `src/entries/${view}.ts`])),
  chunkNames: "shared-[hash]",
  splitting: true,
};

/** The files that `path` needs, itself last. */
function needs(outputs, path, found = []) {
  for (const one of outputs[path].imports) needs(outputs, one.path, found);
  if (!found.includes(basename(path))) found.push(basename(path));
  return found;
}

async function writeManifest({ metafile: { outputs } }) {
  const entries = Object.entries(outputs).filter(([, output]) => output.entryPoint);
  const list = entries.map(([path]) => [basename(path, ".js"), needs(outputs, path)]);
  await writeFile(join(outdir, "manifest.json"), `${JSON.stringify(Object.fromEntries(list))}\n`);
}

const manifest = {
  name: "manifest",
  setup: (build) => build.onEnd((result) => result.metafile && writeManifest(result)),
};

await mkdir(outdir, { recursive: true });
// A chunk's name changes with its content: what an older build left would be shipped too.
for (const name of await readdir(outdir)) {
  if (name.endsWith(".js")) await rm(join(outdir, name));
}
all.plugins = [...options.plugins, manifest];
if (process.argv.includes("--watch")) {
  const readable = { sourcemap: "inline", minify: false };
  for (const one of [stub, all]) await (await esbuild.context({ ...one, ...readable })).watch();
} else {
  const { metafile } = await esbuild.build(stub);
  const bytes = Object.values(metafile.outputs)[0]?.bytes ?? 0;
  if (bytes === 0 || bytes > stubLimitBytes) {
    console.error(`stub.js has ${bytes} bytes; it must have between 1 and ${stubLimitBytes}.`);
    process.exit(1);
  }
  await esbuild.build(all);
}
