import { expect } from 'chai'

/** What an exploration of all interleavings has found. */
export interface Findings {
  readonly states: number
  /** The steps to a state in which a thread sleeps for ever. */
  readonly lost?: readonly string[] | undefined
  /** The steps to one that goes wrong, or what is wrong in words. */
  readonly wrong?: readonly string[] | string | null | undefined
}

export interface ModelSuite<Scene, Mistake extends string> {
  /** What is explored: "all interleavings of …". */
  readonly title: string
  /** What is true of every scene: "lose no wake-up". */
  readonly holds: string
  readonly scenes: Readonly<Record<string, Scene>>
  /** An exploration of fewer states has not seen what it is for. */
  readonly leastStates: number
  /** Ways to get it wrong, and the scene in which that must be found; without one: in any of them. */
  readonly mistakes: readonly (readonly [mistake: Mistake, scene?: string])[]
  readonly explore: (scene: Scene, mistake?: Mistake) => Findings
}

/** Every scene of a model holds, and every mistake made on purpose is found, so that the model can find one at all. */
export function describeModel<Scene, Mistake extends string>(suite: ModelSuite<Scene, Mistake>): void {
  const { title, holds, scenes, leastStates, mistakes, explore } = suite
  describe(title, () => {
    for (const [name, scene] of Object.entries(scenes)) {
      it(`${holds}: ${name}`, () => {
        const found = explore(scene)
        expect(mistakeIn(found)).to.equal(undefined)
        expect(found.states).to.be.greaterThan(leastStates)
      })
    }

    for (const [mistake, name] of mistakes) {
      it(`go wrong where one ${mistake}: ${name ?? 'some scene'}`, () => {
        const candidates = name === undefined ? Object.values(scenes) : [sceneOf(scenes, name)]
        expect(candidates.some((scene) => mistakeIn(explore(scene, mistake)) !== undefined)).to.equal(true)
      })
    }
  })
}

function sceneOf<Scene>(scenes: Readonly<Record<string, Scene>>, name: string): Scene {
  const scene = scenes[name]
  if (scene === undefined) throw new Error(`no scene "${name}"`)
  return scene
}

function mistakeIn({ lost, wrong }: Findings): string | undefined {
  const found = lost ?? wrong ?? undefined
  return typeof found === 'object' ? found.join('\n') : found
}
