// What the example needs of Node.js beside what browsers have.
declare const process: { env: Record<string, string | undefined> };
declare module "node:crypto" {
  export function randomUUID(): string;
}
declare module "node:child_process" {
  export function execFileSync(program: string, words: string[]): { toString(): string };
}
