import { expect } from 'chai'
import { callsIn, commCalls, isTwin, propertiesIn } from '../../support/declared-calls.ts'
import { examplesOf } from '../../support/doc-examples.ts'

describe('docs/reference.md', () => {
  const code = examplesOf('reference.md')
    .map((example) => example.code)
    .join('\n')
  const withoutExample = (names: readonly string[]): string[] =>
    names.filter((name) => !new RegExp(`\\.${name}\\b`).test(code))

  // The examples also run with each call replaced by its twin.
  it('has an example of every call of a communicator', () => {
    expect(withoutExample(commCalls.filter((name) => !isTwin(name)))).to.deep.equal([])
  })

  it('has an example of everything else', () => {
    const mpi = [...callsIn('mpi.ts'), ...propertiesIn('mpi.ts')]
    expect(mpi).to.include.members(['waitAll', 'COMM_SELF', 'MINLOC'])
    expect(withoutExample(mpi)).to.deep.equal([])
    for (const file of ['group.ts', 'request.ts', 'message.ts', 'status.ts', 'window.ts', 'shared-window.ts']) {
      const names = [...callsIn(file), ...propertiesIn(file)]
      expect(withoutExample(names), file).to.deep.equal([])
    }
  })
})
