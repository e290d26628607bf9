import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../../support/run-job.ts'

interface Layers {
  wrongImport(from: string, to: string): string | null
  wrongPackage(from: string, specifier: string): string | null
  readonly folders: readonly string[]
}

describe('the table of layers', () => {
  let layers: Layers
  before(async () => {
    // It is JavaScript: lint reads it before anything is compiled.
    layers = (await import(join(projectDir, 'scripts', 'lint', 'layers.mjs'))) as Layers
  })

  it('has every folder of src', () => {
    const names = readdirSync(join(projectDir, 'src')).filter((name) => name !== 'kernels')
    expect([...layers.folders].sort()).to.deep.equal(names.sort())
  })

  it('lets files import what is below them', () => {
    expect(layers.wrongImport('agent/agent.ts', 'shm/doorbell.ts')).to.equal(null)
    expect(layers.wrongImport('mpi/windows/window-base.ts', 'mpi/terms/mpi-error.ts')).to.equal(null)
    expect(layers.wrongImport('mpi/collectives/scan/by-messages.ts', 'mpi/collectives/reduce/by-messages.ts')).to.equal(
      null,
    )
    expect(layers.wrongImport('mpi/runtime.ts', 'mpi/communicators/communicator.ts')).to.equal(null)
  })

  it('names imports that point up', () => {
    expect(layers.wrongImport('base/errors.ts', 'wire/codec.ts')).to.equal('src/base may not import src/wire')
    expect(layers.wrongImport('mpi/terms/status.ts', 'mpi/engine/engine.ts')).to.equal(
      'src/mpi/terms may not import engine',
    )
    expect(layers.wrongImport('mpi/collectives/call/run.ts', 'mpi/collectives/scan/scan.ts')).to.equal(
      'src/mpi/collectives/call may not import collectives',
    )
    expect(layers.wrongImport('mpi/communicators/split.ts', 'mpi/runtime.ts')).to.equal(
      'src/mpi/communicators may not import what is above it',
    )
  })

  it('keeps packages where they belong', () => {
    expect(layers.wrongPackage('wire/codec.ts', 'msgpackr/pack')).to.equal(null)
    expect(layers.wrongPackage('mpi/mpi.ts', 'node:fs')).to.equal(null)
    expect(layers.wrongPackage('mpi/mpi.ts', 'msgpackr/pack')).to.equal('msgpackr is for src/wire')
    expect(layers.wrongPackage('agent/agent.ts', 'node:child_process')).to.include('src/agent/child-guard.ts')
    expect(layers.wrongPackage('mpi/mpi.ts', '@some/package')).to.equal('nobody may import @some/package')
  })
})
