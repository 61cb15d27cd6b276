import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** The rooms without I/O, clock or randomness of their own (docs/architecture.md). */
const pure = ["base", "abi", "mmu", "policy", "evidence", "kernel", "replay", "report"].map((r) => `src/${r}/**/*.ts`);

export default defineConfig(
  { ignores: ["dist", "coverage", "**/*.cjs", "**/*.mjs"] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        // One program for all: the tests' project holds the source as well, which would be read twice otherwise.
        project: "test/tsconfig.json",
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ["examples/**/*.js", "bin/*.js"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 300, skipBlankLines: false, skipComments: false }],
      "max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }],
      "max-depth": ["error", 3],
      complexity: ["error", 10],
      "max-params": ["error", 4],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/strict-boolean-expressions": "error",
      "no-console": "error",
    },
  },
  {
    files: pure,
    rules: {
      "no-restricted-globals": [
        "error",
        ...["process", "setTimeout", "setInterval", "fetch", "performance", "crypto", "console", "Buffer"].map(
          (name) => ({
            name,
            message: "the pure rooms get the world through abi/ports.ts",
          }),
        ),
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: "time is a port" },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "time is a port" },
        { selector: "MemberExpression[object.name='Math'][property.name='random']", message: "entropy is a port" },
      ],
    },
  },
);
