import { expect } from 'chai'
import { rankEnvironment } from '../../../src/agent/ranks/rank-environment.ts'
import { startOfNode } from './start-message.ts'

const NODE = {
  PATH: '/node/bin',
  HOME: '/home/me',
  USER: 'me',
  SSH_CONNECTION: '1 2 3 4',
  PBS_JOBID: '7.node',
  EDITOR: 'ed',
  LANG: 'de_DE',
}
const SPEC = { rank: 6, localRank: 1, app: 0 }

describe('rankEnvironment()', () => {
  it('says where the rank is, under our names, Open MPI’s and PMI’s', () => {
    const environment = rankEnvironment(startOfNode(), SPEC, {})
    expect(environment).to.deep.equal({
      PWD: process.cwd(),
      MPIRUN_TS_RANK: '6',
      MPIRUN_TS_SIZE: '8',
      MPIRUN_TS_LOCAL_RANK: '1',
      MPIRUN_TS_LOCAL_SIZE: '2',
      MPIRUN_TS_NODE_ID: '1',
      MPIRUN_TS_JOB_ID: 'abc',
      OMPI_COMM_WORLD_RANK: '6',
      OMPI_COMM_WORLD_SIZE: '8',
      OMPI_COMM_WORLD_LOCAL_RANK: '1',
      OMPI_COMM_WORLD_LOCAL_SIZE: '2',
      OMPI_COMM_WORLD_NODE_RANK: '1',
      OMPI_UNIVERSE_SIZE: '8',
      PMI_RANK: '6',
      PMI_SIZE: '8',
      MPI_LOCALRANKID: '1',
      MPI_LOCALNRANKS: '2',
    })
  })

  it('sets the job’s variables over those of the node', () => {
    const start = startOfNode({ environment: { clean: false, set: { PATH: '/job/bin', EXTRA: 'a b=c' } } })
    const { PATH, HOME, EXTRA, EDITOR } = rankEnvironment(start, SPEC, NODE)
    expect({ PATH, HOME, EXTRA, EDITOR }).to.deep.equal({
      PATH: '/job/bin',
      HOME: '/home/me',
      EXTRA: 'a b=c',
      EDITOR: 'ed',
    })
  })

  it('keeps of the node only PATH and what belongs to the node, when the environment is clean', () => {
    const start = startOfNode({ environment: { clean: true, set: { ONLY: 'this' } } })
    const names = Object.keys(rankEnvironment(start, SPEC, NODE)).filter((name) => !/^(MPI|OMPI|PMI)/.test(name))
    expect(names.sort()).to.deep.equal(['HOME', 'ONLY', 'PATH', 'PWD', 'SSH_CONNECTION', 'USER'])
  })

  it('is not fooled by variables of the job that name another rank', () => {
    const set = { MPIRUN_TS_RANK: '99', OMPI_COMM_WORLD_SIZE: '99', PMI_RANK: '99' }
    const environment = rankEnvironment(startOfNode({ environment: { clean: false, set } }), SPEC, set)
    expect([environment['MPIRUN_TS_RANK'], environment['OMPI_COMM_WORLD_SIZE'], environment['PMI_RANK']]).to.deep.equal(
      ['6', '8', '6'],
    )
  })

  it('leaves what it was given as it is', () => {
    const node = { ...NODE }
    rankEnvironment(startOfNode({ environment: { clean: false, set: { HOME: '/x' } } }), SPEC, node)
    expect(node).to.deep.equal(NODE)
  })
})
