import { defineConfig } from "vitest/config";

export default defineConfig({
  // The same JSX as build.mjs, so that a part under test is the part that ships.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    // A hung promise must fail the run, not stop it.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
