/** The inputs that a target keeps: those that once found something, and those that reach the most. */
export function readCorpus(name: string): readonly Buffer[];
