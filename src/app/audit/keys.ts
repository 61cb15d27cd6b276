/** Checks of the signing key that would be used from here, and of the signers that are trusted. Nothing shows a secret. */
import { existsSync, lstatSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { AuditFinding, CheckResult } from "../../abi/audit.js";
import { AgentkError } from "../../base/errors.js";
import { dataFolder } from "../../host/data-folder.js";
import { KEY_FILE_VARIABLE, KEY_HEX_VARIABLE, loadSigningKey, REQUIRE_VARIABLE } from "../../host/signing-key.js";
import { readTrustFile, TrustInvalid } from "../keys/trust-file.js";
import { counted, failed, noneOf, notApplicable, passed, warned, type AuditCheck } from "./check.js";
import { textOf, trackedFiles } from "./tracked-files.js";
import type { AuditWorld } from "./world.js";

/** The seed that the Rust AgentK signed with when it had no key, and has in its source: everybody can sign with it. */
const DEVELOPMENT_SEED = "41".repeat(32);
const NO_FILE = "there is no key file";
const OTHERS_WRITE = 0o022;

/** The file that a run would take its key from; undefined when it takes it from the environment. */
function keyFile(world: AuditWorld): string | undefined {
  if (world.env[KEY_HEX_VARIABLE] !== undefined) return undefined;
  const named = world.env[KEY_FILE_VARIABLE];
  return named === undefined ? join(dataFolder(world.env), "signing.key") : resolve(world.repo, named);
}

function isRequired(world: AuditWorld): boolean {
  const text = world.env[REQUIRE_VARIABLE] ?? "";
  return !["", "0", "false"].includes(text);
}

function configured(world: AuditWorld): CheckResult {
  try {
    const { publicKeyHex, source } = loadSigningKey(world.env, { mayCreate: false });
    return passed(`ready to sign with ${publicKeyHex.slice(0, 16)}… from the ${source.replace("-", " ")}`);
  } catch (error) {
    if (!(error instanceof AgentkError)) throw error;
    return notConfigured(error, isRequired(world));
  }
}

function notConfigured({ code, message, hint }: AgentkError, isNeeded: boolean): CheckResult {
  const says = hint === undefined ? message : `${message}: ${hint}`;
  if (code === "passphrase-missing" && !isNeeded) return warned(`the key is locked and was not opened: ${says}`);
  if (code !== "signing-key-missing" || isNeeded) return failed(says);
  return warned("there is no signing key: the first run makes one; `agentk keygen` makes one now");
}

function mode(world: AuditWorld): CheckResult {
  const path = keyFile(world);
  const stats = path === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (path === undefined || stats?.isFile() !== true) return notApplicable(NO_FILE);
  const bits = (stats.mode & 0o777).toString(8).padStart(4, "0");
  if ((stats.mode & 0o077) === 0) return passed(`mode ${bits}: its owner's alone`);
  return failed(`mode ${bits}: others can use the key; \`chmod 600 ${path}\``);
}

function parent(world: AuditWorld): CheckResult {
  const path = keyFile(world);
  if (path === undefined || !existsSync(path)) return notApplicable(NO_FILE);
  const folder = dirname(path);
  const { mode: bits, uid } = statSync(folder);
  const shown = (bits & 0o777).toString(8).padStart(4, "0");
  if ((bits & OTHERS_WRITE) !== 0)
    return failed(`its folder has mode ${shown}: others can put a key in its place; \`chmod go-w ${folder}\``);
  if (uid !== 0 && uid !== process.getuid?.()) return failed("its folder is another user's");
  return passed(`its folder has mode ${shown}`);
}

function noLink(world: AuditWorld): CheckResult {
  const path = keyFile(world);
  const stats = path === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return notApplicable(NO_FILE);
  if (stats.isSymbolicLink()) return failed("the key file is a symbolic link: whoever writes the link chooses the key");
  return stats.isFile() ? passed("a file, not a link") : failed("the key file is no file");
}

/** In use, or lying in a published file where somebody may take it for a key. */
async function developmentKey(world: AuditWorld): Promise<CheckResult> {
  const findings: AuditFinding[] = [];
  if (world.env[KEY_HEX_VARIABLE]?.toLowerCase() === DEVELOPMENT_SEED)
    findings.push({ text: `\`${KEY_HEX_VARIABLE}\` is it` });
  const path = keyFile(world);
  if (path !== undefined && holdsSeed(dirname(path), basename(path))) findings.push({ text: "the key file holds it" });
  const { files } = await trackedFiles(world);
  for (const file of files) {
    const read = textOf(world.repo, file);
    if (read === undefined || typeof read === "string") continue;
    const at = read.text.toLowerCase().indexOf(DEVELOPMENT_SEED);
    if (at >= 0) findings.push({ file, line: read.text.slice(0, at).split("\n").length, text: "the seed stands here" });
  }
  return noneOf(
    findings,
    `not in use, and in none of ${counted(files.length, "file")}`,
    "the published development key is here",
  );
}

function holdsSeed(folder: string, name: string): boolean {
  const read = existsSync(folder) ? textOf(folder, name) : undefined;
  return read !== undefined && typeof read !== "string" && read.text.toLowerCase().includes(DEVELOPMENT_SEED);
}

async function trustedSigners(world: AuditWorld): Promise<CheckResult> {
  const { files } = await trackedFiles(world);
  const manifests = files.filter((file) => /(?:^|[/.-])trusted-signers\.toml$/.test(file));
  if (manifests.length === 0) return notApplicable("there is no trusted-signers.toml");
  let keys = 0;
  const findings: AuditFinding[] = [];
  for (const file of manifests) {
    try {
      keys += readTrustFile(join(world.repo, file)).length;
    } catch (error) {
      if (!(error instanceof TrustInvalid)) throw error;
      findings.push(...error.faults.map(({ line, problem }) => ({ file, line, text: problem })));
    }
  }
  return noneOf(
    findings,
    `${counted(keys, "signer")} in ${counted(manifests.length, "manifest")}`,
    "a manifest of signers is not valid",
  );
}

const group = "keys";

export const KEY_CHECKS: readonly AuditCheck[] = [
  {
    id: "keys.configured",
    group,
    title: "a signing key is configured and can be used",
    fails:
      "the key that is configured cannot be used; none is there: a warning, and a failure with AGENTK_REQUIRE_SIGNING_KEY=1",
    run: configured,
  },
  {
    id: "keys.mode",
    group,
    title: "nobody else can read the key",
    fails: "the key file can be used by its group or others",
    run: mode,
  },
  {
    id: "keys.parent",
    group,
    title: "nobody else can put another key in its place",
    fails: "the key's folder can be written by its group or others, or is another user's",
    run: parent,
  },
  {
    id: "keys.no-link",
    group,
    title: "the key file is no link",
    fails: "the key file is a symbolic link, or no file",
    run: noLink,
  },
  {
    id: "keys.development-key",
    group,
    title: "not the key that everybody has",
    fails: "the seed of the Rust AgentK's development key is configured, in the key file, or in a published file",
    run: developmentKey,
  },
  {
    id: "keys.trusted-signers",
    group,
    title: "the manifests of trusted signers are valid",
    fails: "a `trusted-signers.toml` of the project does not parse, or trusts a key that it must not",
    run: trustedSigners,
  },
];
