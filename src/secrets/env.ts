/** A variable of the environment: there, and not empty. */
import { err, ok } from "../base/result.js";
import type { SecretBackend } from "./backend.js";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const env: SecretBackend = {
  name: "env",
  isLocal: true,
  read: (name) => {
    if (!NAME.test(name)) return err("`reference` must be the name of an environment variable");
    return ok({
      shape: "name",
      look: (world) => {
        const value = Object.hasOwn(world.env, name) ? world.env[name] : undefined;
        return Promise.resolve(value === undefined || value === "" ? "missing" : "available");
      },
    });
  },
};
