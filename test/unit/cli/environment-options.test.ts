import { expect } from 'chai'
import { parseArguments } from '../../../src/cli/arguments/arguments.ts'
import type { CommandLine } from '../../../src/cli/arguments/command-line.ts'

function parse(words: string, environment: Readonly<Record<string, string>>): CommandLine {
  const parsed = parseArguments(words.split(' '), () => '', environment)
  if (parsed.kind !== 'run') throw new Error(parsed.kind)
  return parsed
}

const COMMAND = (command: string): object => ({ launcher: { type: 'command', command } })
const SSH = { launcher: { type: 'ssh' } }

describe('effectsOfVariables()', () => {
  const cases: readonly (readonly [environment: Readonly<Record<string, string>>, expected: object, words?: string])[] =
    [
      [{ HYDRA_HOST_FILE: 'F' }, { byDefault: { hostfile: 'F', option: '$HYDRA_HOST_FILE', goesFirst: true } }],
      [
        { I_MPI_HYDRA_HOST_FILE: 'F' },
        { byDefault: { hostfile: 'F', option: '$I_MPI_HYDRA_HOST_FILE', goesFirst: true } },
      ],
      [{ HYDRA_LAUNCHER: 'ssh', HYDRA_LAUNCHER_EXEC: '/my/ssh' }, COMMAND('/my/ssh')],
      [{ HYDRA_BOOTSTRAP: 'rsh' }, COMMAND('rsh')],
      [{ HYDRA_BOOTSTRAP_EXEC: 'myssh' }, COMMAND('myssh'), '-bootstrap ssh a'],
      [{ HYDRA_LAUNCHER_EXEC: '/my/ssh' }, COMMAND('./other'), '--launcher ./other a'],
      [{ HYDRA_LAUNCHER_EXEC: '/my/ssh', MPIRUN_TS_LAUNCHER: 'ssh' }, SSH],
      [{ MPIRUN_TS_LAUNCHER: './x' }, SSH, '-launcher ssh a'],
      [{ HYDRA_LAUNCHER_EXTRA_ARGS: '-p 22' }, { launcherArgs: ['-p', '22'] }],
      [{ HYDRA_RMK: 'pbs' }, { rmk: 'pbs' }],
      [{ HYDRA_IFACE: 'ib0' }, { interface: 'ib0' }],
      [{ HYDRA_IFACE: 'ib0' }, { interface: 'eth0' }, '-iface eth0 a'],
      [{ HYDRA_ENV: 'none' }, { environment: { rules: [], inherit: 'none' } }],
      [{ HYDRA_ENV: 'all' }, { environment: { rules: [], inherit: 'all' } }],
      [{ MPIEXEC_TIMEOUT: '5' }, { timeoutMs: 5000 }],
      [{ MPIEXEC_TIMEOUT: '5' }, { timeoutMs: 7000 }, '--timeout 7 a'],
      [{ MPIEXEC_PREFIX_DEFAULT: '1' }, { outputPrefix: { type: 'rank' } }],
      [{ I_MPI_PERHOST: '3' }, { perNode: 3 }],
      [{ OMPI_MCA_plm_rsh_agent: './ssh -x' }, { ...COMMAND('./ssh'), launcherArgs: ['-x'] }],
      [{ PRTE_MCA_plm_ssh_agent: './ssh' }, COMMAND('./ssh')],
      [{ OMPI_MCA_btl_tcp_if_include: '10.0.0.0/8,eth0' }, { interface: '10.0.0.0/8,eth0' }],
      [{ OMPI_MCA_oob_tcp_if_exclude: 'lo' }, { interfaceExcept: 'lo' }],
      [{ OMPI_MCA_rmaps_base_no_schedule_local: 'true' }, { noLocal: true }],
      [{ OMPI_MCA_rmaps_base_oversubscribe: '0' }, { oversubscribe: false }],
      [{ OMPI_MCA_rmaps_base_oversubscribe: '1' }, { oversubscribe: false }, '--nooversubscribe a'],
      [{ OMPI_MCA_orte_tag_output: '1' }, { outputPrefix: { type: 'tag' } }],
      [
        { OMPI_MCA_mca_base_env_list: 'A;B=4' },
        {
          environment: {
            rules: [
              { type: 'copy', pattern: 'A' },
              { type: 'set', name: 'B', value: '4' },
            ],
          },
        },
      ],
      // Nothing that is said here.
      [{ OMPI_MCA_btl: 'tcp,self', OMPI_MCA_pml: 'ob1', PMIX_MCA_gds: 'hash', HYDRA_RMK: '' }, { warnings: [] }],
      [{ MPIEXEC_TIMEOUT: '-1', I_MPI_PERHOST: 'allcores', HYDRA_ENV: 'some' }, { warnings: [] }],
    ]
  for (const [environment, expected, words = 'a'] of cases) {
    it(`${JSON.stringify(environment)} and ${words}`, () => {
      const parsed = parse(words, environment)
      expect(parsed).to.deep.include(expected)
      expect(parsed).to.not.have.any.keys('launcherExec', 'own', 'ignoredOptions', 'needsRankfile')
    })
  }

  it('warns of values that it does not understand, naming the variable, and goes on', () => {
    for (const [name, value] of [
      ['OMPI_MCA_rmaps_base_mapping_policy', 'moon'],
      ['HYDRA_RMK', 'moon'],
      ['MPIEXEC_TIMEOUT', 'soon'],
      ['HYDRA_BOOTSTRAP', 'll'],
      ['HYDRA_LAUNCHER', 'fork'],
    ] as const) {
      const { warnings } = parse('a', { [name]: value })
      expect(warnings, name).to.have.lengthOf(1)
      expect(warnings[0]).to.include(`$${name}`)
    }
  })

  it('refuses a wrong variable of our own', () => {
    expect(() => parse('a', { MPIRUN_TS_LAUNCHER: 'shh' })).to.throw(/MPIRUN_TS_LAUNCHER.*did you mean ssh/)
  })
})

describe('options of other launchers', () => {
  const cases: readonly (readonly [words: string, expected: object])[] = [
    ['-bootstrap ssh -launcher-exec ./my-ssh a', COMMAND('./my-ssh')],
    ['-launcher-exec ./my-ssh -launcher ssh a', COMMAND('./my-ssh')],
    ['-bootstrap-exec ./my-ssh a', COMMAND('./my-ssh')],
    ['-launcher rsh a', COMMAND('rsh')],
    ['--display map,allocation a', { displayMap: true, displayAllocation: true }],
    ['--output tag,timestamp,merge a', { outputPrefix: { type: 'tag' }, timestampOutput: true, mergeStderr: true }],
    ['--output dir=out:nocopy a', { outputDirectory: 'out' }],
    ['--output file=f a', { outfilePattern: 'f.%r.out', errfilePattern: 'f.%r.err' }],
    ['-s a', { preload: true }],
    ['--mca btl_tcp_if_exclude lo,10/8 a', { interfaceExcept: 'lo,10/8' }],
    ['--map-by numa:pe=4:oversubscribe a', { mapBy: 'slot', slotsPerRank: 4, oversubscribe: true }],
    ['--map-by l3cache:HWTCPUS:noinherit a', { mapBy: 'slot' }],
    ['-map-by socket:2 -bind-to core:2 a', { mapBy: 'slot', warnings: [] }],
    ['--map-by dist:mlx5_0 a', { mapBy: 'slot' }],
    ['--map-by seq:nolocal a', { mapBy: 'seq', noLocal: true }],
    ['--noprefix --use-hwthread-cpus -disable-x -bind-to-core a', { warnings: [] }],
    [
      '--prefix /opt -usize 4 -enable-recovery --prefix /x a',
      { warnings: ['Ignored options that have no meaning here: --prefix, -usize, -enable-recovery.'] },
    ],
    ['-bootstrap blaunch a', { launcher: { type: 'lsf', isHint: true } }],
    ['-launcher slurm -launcher-exec /opt/srun a', { launcher: { type: 'slurm', program: '/opt/srun' } }],
    [
      '-bootstrap ll a',
      {
        launcher: { type: 'auto' },
        warnings: ['-bootstrap ll has no meaning here: nodes of other machines are reached by ssh.'],
      },
    ],
    [
      '-bootstrap slurm a',
      {
        launcher: { type: 'slurm', isHint: true },
        warnings: [],
      },
    ],
  ]
  for (const [words, expected] of cases) {
    it(words, () => {
      expect(parse(words, {})).to.deep.include(expected)
    })
  }
})
