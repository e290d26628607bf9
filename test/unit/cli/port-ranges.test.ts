import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { foundPortRanges, portRangesValue } from '../../../src/cli/arguments/port-ranges.ts'

const VALUES: readonly [text: string, ranges: readonly (readonly [number, number])[]][] = [
  ['40000-40100', [[40_000, 40_100]]],
  ['40000:40100', [[40_000, 40_100]]],
  ['5000', [[5000, 5000]]],
  [
    '5000,6000-6010',
    [
      [5000, 5000],
      [6000, 6010],
    ],
  ],
  [' 1 - 65535 ', [[1, 65_535]]],
]

describe('portRangesValue()', () => {
  for (const [text, ranges] of VALUES) {
    it(`reads "${text}"`, () =>
      expect(portRangesValue('--port-range', text).map(({ first, last }) => [first, last])).to.deep.equal(ranges))
  }

  for (const text of ['', 'x', '0-5', '5-4', '1-65536', '-5', '5-', '1-2-3', '1,,2', '1e3', '999999']) {
    it(`refuses "${text}"`, () =>
      expect(() => portRangesValue('--port-range', text))
        .to.throw(MpirunError, '--port-range')
        .with.property('exitStatus', 2))
  }
})

type Names = Readonly<Record<string, string>>

const FOUND: readonly [name: string, parameters: Names, environment: Names, ranges: unknown][] = [
  ['nothing', {}, {}, undefined],
  ['an empty variable', {}, { MPICH_PORT_RANGE: '' }, undefined],
  ['MPICH', {}, { MPICH_PORT_RANGE: '2000:2010' }, [[2000, 2010]]],
  ['MPICH, newer', {}, { MPIR_CVAR_CH3_PORT_RANGE: '2000:2010' }, [[2000, 2010]]],
  ['Hydra before MPICH', {}, { MPIEXEC_PORT_RANGE: '1:2', MPICH_PORT_RANGE: '3:4' }, [[1, 2]]],
  ['Intel MPI', {}, { I_MPI_PORT_RANGE: '20000:20001' }, [[20_000, 20_001]]],
  [
    'Open MPI, messages',
    {},
    { OMPI_MCA_btl_tcp_port_min_v4: '36900', OMPI_MCA_btl_tcp_port_range_v4: '32' },
    [[36_900, 36_931]],
  ],
  ['Open MPI, only the first port', {}, { OMPI_MCA_btl_tcp_port_min_v4: '60000' }, [[60_000, 65_535]]],
  ['Open MPI, only their number', {}, { OMPI_MCA_btl_tcp_port_range_v4: '10' }, [[1024, 1033]]],
  [
    'Open MPI, control',
    {},
    { OMPI_MCA_oob_tcp_dynamic_ipv4_ports: '8000,8080-8090' },
    [
      [8000, 8000],
      [8080, 8090],
    ],
  ],
  ['PRRTE', {}, { PRTE_MCA_oob_tcp_static_ipv4_ports: '10000' }, [[10_000, 10_000]]],
  [
    'Open MPI, both',
    {},
    {
      OMPI_MCA_oob_tcp_dynamic_ipv4_ports: '40000-40099',
      OMPI_MCA_btl_tcp_port_min_v4: '40100',
      OMPI_MCA_btl_tcp_port_range_v4: '100',
    },
    [
      [40_100, 40_199],
      [40_000, 40_099],
    ],
  ],
  [
    '--mca before the environment',
    { btl_tcp_port_min_v4: '5', btl_tcp_port_range_v4: '2' },
    { OMPI_MCA_btl_tcp_port_min_v4: '9' },
    [[5, 6]],
  ],
  ['Open MPI before MPICH', {}, { MPICH_PORT_RANGE: '3:4', OMPI_MCA_oob_tcp_dynamic_ipv4_ports: '1-2' }, [[1, 2]]],
]

describe('foundPortRanges()', () => {
  for (const [name, parameters, environment, ranges] of FOUND) {
    it(`obeys ${name}`, () =>
      expect(foundPortRanges(parameters, environment)?.map(({ first, last }) => [first, last])).to.deep.equal(ranges))
  }

  it('names the variable that it cannot read', () =>
    expect(() => foundPortRanges({}, { I_MPI_PORT_RANGE: 'all' })).to.throw(MpirunError, 'I_MPI_PORT_RANGE'))
})
