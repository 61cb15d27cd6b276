/** Tags and origins that rules ask for and nothing in the policy gives. */
import { isServerClass } from "../../abi/provenance.js";
import type { PolicyDocument } from "../ast.js";
import { nearest } from "../nearest.js";
import { quoted } from "../quoted.js";
import type { PathFinding } from "./codes.js";
import { DIRECTORY, originsOf } from "./phases.js";
import { allParts } from "./reached.js";
import { askedTags, givenTags } from "./tags.js";

export function ungivenFindings(document: PolicyDocument): readonly PathFinding[] {
  return [...tagFindings(document), ...originFindings(document)];
}

function tagFindings(document: PolicyDocument): readonly PathFinding[] {
  const given = givenTags(document);
  return askedTags(document)
    .filter(({ tag }) => !given.has(tag))
    .map(({ tag, path }) => {
      const near = nearest(tag, [...given]);
      const meant = near === undefined ? "" : `; did you mean ${quoted(near)}?`;
      return { code: "ungiven-tag", path, problem: `no source gives the tag ${quoted(tag)}${meant}` };
    });
}

/** Lists of origins of which no value can ever be one. Of `user` alone phases.ts speaks, and of tags the above. */
function originFindings(document: PolicyDocument): readonly PathFinding[] {
  const isGiven = givenOrigins(document);
  const isBuiltIn = (origin: string): boolean => ["user", "directory", "trusted"].includes(origin);
  return document.rules.flatMap((rule, index) =>
    allParts(rule).flatMap((part) =>
      originsOf(part).flatMap(([name, list]) => {
        const isSaid = name === "from_none" || list.every((origin) => origin === "user") || !list.some(isBuiltIn);
        if (isSaid || list.some(isGiven)) return [];
        const problem = `\`${name}\` wants ${list.map(quoted).join(" or ")}, and no value can be that`;
        return [{ code: "no-origin" as const, path: ["rules", index, "when", ...part.at, name], problem }];
      }),
    ),
  );
}

/** What the user and the directories say is trusted as well (abi/provenance.ts). */
export function givenOrigins(document: PolicyDocument): (origin: string) => boolean {
  const { trust, sources, directory } = document;
  const hasUser = trust.client_prompt !== "none" || trust.context_socket;
  const hasDirectory = directory.length > 0;
  const trusts = hasUser || hasDirectory || sources.some(({ labels }) => labels.includes("trusted"));
  const always = ["untrusted", "same-server", "other-server", "nowhere"];
  const given = new Set([
    ...always,
    ...givenTags(document),
    ...directory.map(({ name }) => `${DIRECTORY}${name}`),
    ...(hasUser ? ["user"] : []),
    ...(hasDirectory ? ["directory"] : []),
    ...(trusts ? ["trusted"] : []),
  ]);
  return (origin) => given.has(origin) || isServerClass(origin);
}
