/**
 * Bundles the front-end into runtime_widgets/widgets/static/.
 *
 * - stub.js: the anywidget `_esm`. It is sent, parsed and held again for every widget
 *   instance, so it must stay tiny and import nothing heavy.
 * - views.js: everything else, its style sheet included as text. It is sent once a page.
 */
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, "..", "runtime_widgets", "widgets", "static");
// The stub rides in every widget's state: past this size it is no longer a stub.
const stubLimitBytes = 4096;

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
  entryPoints: { stub: "src/stub.ts", views: "src/views.ts" },
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

await mkdir(outdir, { recursive: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, sourcemap: "inline", minify: false });
  await context.watch();
} else {
  const { metafile } = await esbuild.build(options);
  const stub = Object.entries(metafile.outputs).find(([path]) => path.endsWith("/stub.js"));
  const bytes = stub?.[1].bytes ?? 0;
  if (bytes === 0 || bytes > stubLimitBytes) {
    console.error(`stub.js has ${bytes} bytes; it must have between 1 and ${stubLimitBytes}.`);
    process.exit(1);
  }
}
