import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { programPaths } from '../../support/program-list.ts'
import { projectDir } from '../../support/run-job.ts'

const page = readFileSync(join(projectDir, 'docs', 'conformance.md'), 'utf8')

/** The last cell of each row, as `folder/name`; a name without folder is in the folder of the one before. */
function filesNamed(): string[] {
  const files: string[] = []
  for (const line of page.split('\n')) {
    const cell = /^\| .* \| ([^|]*) \|$/.exec(line)?.[1]
    if (cell === undefined || cell === 'where') continue
    let folder = ''
    for (const name of cell.replaceAll(/`[^`]*`|\([^)]*\)/g, '').split(/[,;]\s*/)) {
      const path = /^(?:(.*)\/)?([\w-]+)$/.exec(name.trim())
      if (path === null) continue
      folder = path[1] ?? folder
      files.push(`${folder}/${path[2]}`)
    }
  }
  return files
}

describe('docs/conformance.md', () => {
  it('names files that exist', () => {
    const files = filesNamed()
    expect(files.length).to.be.above(60)
    const missing = files.filter(
      (file) => !['.ts', '.test.ts'].some((end) => existsSync(join(projectDir, 'test', `${file}${end}`))),
    )
    expect(missing).to.deep.equal([])
  })

  it('has every number from 1 to 60', () => {
    const numbers = [...page.matchAll(/^\| (\d+)(?:–(\d+))? \|/gm)].flatMap(([, first, last]) => {
      const from = Number(first)
      return Array.from({ length: Number(last ?? first) - from + 1 }, (_, i) => from + i)
    })
    expect(numbers).to.deep.equal(Array.from({ length: 60 }, (_, i) => i + 1))
  })

  it('is about programs that run', () => {
    expect(programPaths().length).to.be.above(40)
  })
})
