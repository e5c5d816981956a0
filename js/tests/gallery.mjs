/**
 * Builds a page that shows every state of every view, for looking at:
 *
 *     node tests/gallery.mjs OUTDIR [host style sheets…]
 *
 * then open OUTDIR/gallery.html#width=240px&dir=rtl&show=card&dark
 */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const [outdir, ...sheets] = process.argv.slice(2);
if (!outdir) throw new Error("usage: node tests/gallery.mjs OUTDIR [host style sheets…]");
const here = dirname(fileURLToPath(import.meta.url));
const { outputFiles } = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ["gallery.ts"],
  bundle: true,
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "text" },
  charset: "utf8",
  write: false,
});
const styles = await Promise.all(sheets.map((sheet) => readFile(sheet, "utf8")));
const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>
<style>${styles.join("\n")}</style>
<style>body{margin:0;background:var(--jp-layout-color0,#fff)}body.dark{background:var(--jp-layout-color0,#111418)}
main{padding:8px 16px;max-width:1280px}h2{font:600 11px system-ui;color:#888;margin:14px 0 4px}</style>
<body><main></main><script>
const o=new URLSearchParams(location.hash.slice(1));const dark=o.has("dark");
document.body.className=dark?"dark":"";if(o.has("lab"))document.body.dataset.jpThemeLight=String(!dark);
</script><script>${outputFiles[0].text.replaceAll("</script", "<\\/script")}</script></body></html>`;
await writeFile(join(resolve(outdir), "gallery.html"), html);
