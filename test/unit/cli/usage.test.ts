import { expect } from 'chai'
import { findOption, OPTIONS } from '../../../src/cli/options/options.ts'
import { usage } from '../../../src/cli/options/usage.ts'

describe('usage()', () => {
  it('fits 80 columns', () => {
    expect(
      usage()
        .split('\n')
        .filter((line) => line.length > 80),
    ).to.deep.equal([])
  })

  it('shows every option', () => {
    for (const name of OPTIONS.flatMap((option) => option.names)) expect(usage()).to.include(name)
  })
})

describe('findOption()', () => {
  it('finds each spelling, with one dash or two', () => {
    for (const option of OPTIONS) {
      for (const name of [...option.names, ...(option.also ?? [])]) {
        const bare = name.replace(/^-+/, '')
        expect(findOption(`-${bare}`)?.id, name).to.equal(option.id)
        expect(findOption(`--${bare}`)?.id, name).to.equal(option.id)
      }
    }
    expect(findOption('---np')).to.equal(undefined)
  })
})
