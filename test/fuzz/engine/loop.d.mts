/** What corpus.test.ts uses of the fuzzer. */
export interface Target {
  readonly run: (input: Buffer) => void;
  readonly seeds: readonly Buffer[];
}

export type MakeTarget = (load: (path: string) => Promise<unknown>) => Promise<Target>;

export interface Found {
  readonly executions: number;
  readonly findings: readonly { readonly input: Buffer; readonly fault: string }[];
}

export function faultOf(target: Target, input: Buffer): string | undefined;

export function fuzz(
  target: Target,
  options: {
    readonly corpus: readonly Buffer[];
    readonly seed: number;
    readonly until: (executions: number) => boolean;
  },
): Found;
