/** `agentk man`: the manual page, made from the program itself. */
import type { Command } from "commander";
import { packageVersion } from "../app/package-info.js";
import type { Io } from "./io.js";

const HELP = `
Exit status: 0 printed.

Example:
  agentk man | man -l -`;

export function registerMan(program: Command, io: Io): void {
  program
    .command("man")
    .summary("print the manual page")
    .description("Prints the manual page of the program and all its commands, for man.")
    .addHelpText("after", HELP)
    .action(async () => {
      const [{ commandTree }, { manPage }, { ENVIRONMENT, FILES }] = await Promise.all([
        import("./command-tree.js"),
        import("../report/man-page.js"),
        import("./environment.js"),
      ]);
      io.stdout(manPage(commandTree(program), { version: packageVersion(), environment: ENVIRONMENT, files: FILES }));
      io.exit(0);
    });
}
