export interface LoaderHost {
  readonly importUrl: (url: string) => Promise<unknown>
  readonly mainPath: string | undefined
  /** Where esbuild is, for modules in TypeScript. */
  readonly esbuild: string | undefined
  /** The program, where it was given as text: this one needs no file. */
  readonly givenUrl: string | undefined
}
