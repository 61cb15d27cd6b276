/** Which server a resource is read from: whoever listed its URI, the first in the order of the configuration. */
const MAX_OWNED = 10_000;

/** One kind of thing by its exact text: URIs, or URI templates. */
export class Owners {
  private readonly owners = new Map<string, string>();

  /** True when the text is this server's from now on, or was. Attacker-controlled: both what is claimed and how often. */
  claim(text: string, server: string): "owned" | "taken" | "full" {
    const owner = this.owners.get(text);
    if (owner !== undefined) return owner === server ? "owned" : "taken";
    if (this.owners.size >= MAX_OWNED) return "full";
    this.owners.set(text, server);
    return "owned";
  }

  /** What these servers claimed counts no longer: they are asked again. */
  forget(servers: ReadonlySet<string>): void {
    for (const [text, owner] of this.owners) if (servers.has(owner)) this.owners.delete(text);
  }

  ownerOf(text: string): string | undefined {
    return this.owners.get(text);
  }

  entries(): Iterable<readonly [text: string, server: string]> {
    return this.owners;
  }
}

/**
 * The first server with a template whose fixed beginning the URI has. A template that begins with a variable has
 * none, or every URI would be its server's.
 */
export function ownerByTemplate(templates: Owners, uri: string): string | undefined {
  for (const [template, server] of templates.entries()) {
    const fixed = template.split("{", 1)[0] ?? "";
    if (fixed.includes(":") && fixed.length < uri.length && uri.startsWith(fixed)) return server;
  }
  return undefined;
}
