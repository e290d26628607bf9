import { expect } from 'chai'
import { isDroppedLogin, launchFailure, lastWords, type LaunchAttempt } from '../../../src/launch/launch-failure.ts'

type Outcome = LaunchAttempt['outcome']

function ended(status: number): Outcome {
  return { type: 'ended', status, signal: null }
}

const TIMEOUT: Outcome = { type: 'timeout', seconds: 10, hasBegun: true }

/** What ssh (OpenSSH 9.2), bash 5.2, dash 0.5, tcsh 6.24, zsh 5.9 and fish 3.6 print, and what the user reads then. */
const CASES: readonly [name: string, outcome: Outcome, stderr: string, message: RegExp][] = [
  [
    'an unknown name',
    ended(255),
    'ssh: Could not resolve hostname n9: Name or service not known',
    /ssh says "ssh: Could not resolve hostname n9: Name or service not known"\. Check the spelling/,
  ],
  [
    'a closed port',
    ended(255),
    'ssh: connect to host n9 port 22: Connection refused',
    /says "ssh: connect to host n9 port 22: Connection refused"\. Check that an ssh server runs there; port=N/,
  ],
  [
    'a node that is down',
    ended(255),
    'ssh: connect to host n9 port 22: Connection timed out',
    /Connection timed out"\. Check that the node is up/,
  ],
  [
    'an address nobody has',
    ended(255),
    'ssh: connect to host 10.0.0.9 port 22: No route to host',
    /No route to host"\. Check that the node is up/,
  ],
  [
    'a black hole',
    TIMEOUT,
    '',
    /no answer within 10 s\. Check that "ssh n9 true" works without questions; --launch-timeout/,
  ],
  ['a slow login script', TIMEOUT, 'loading modules', /no answer within 10 s \(ssh: "loading modules"\)\. Check/],
  [
    'a refused key',
    ended(255),
    "Warning: Permanently added '[127.0.0.2]:2222' (ED25519) to the list of known hosts.\nann@n9: Permission denied (publickey,password).",
    /ssh says "ann@n9: Permission denied \(publickey,password\)\."\. Set up a key .*"ssh-copy-id n9"/,
  ],
  [
    'too many keys',
    ended(255),
    'Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures\r\nDisconnected from 127.0.0.1',
    /Too many authentication failures"\. Set up a key/,
  ],
  [
    'another host key',
    ended(255),
    '@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\nOffending ED25519 key in /home/ann/.ssh/known_hosts:17\nHost key for n9 has changed and you have requested strict checking.\nHost key verification failed.',
    /its host key is not the one that ssh knows \(\/home\/ann\/\.ssh\/known_hosts:17\)\. .*"ssh-keygen -R n9".*administrator/,
  ],
  [
    'an unknown host key',
    ended(255),
    'No ED25519 host key is known for n9 and you have requested strict checking.\nHost key verification failed.',
    /"Host key verification failed\."\. Log in once by hand, "ssh n9"/,
  ],
  [
    'a login server with too many guests',
    ended(255),
    'kex_exchange_identification: Connection closed by remote host\nConnection closed by 127.0.0.1 port 22',
    /kex_exchange_identification.*MaxStartups/,
  ],
  [
    'a wrong ssh option',
    ended(255),
    'command-line: line 0: Bad configuration option: foo',
    /foo"\. Check --launcher-args/,
  ],
  [
    'no node, bash',
    ended(127),
    'bash: line 1: exec: node: not found',
    /exec: node: not found"\. Install Node there, or name it with --node/,
  ],
  [
    'a flag that Node does not know',
    ended(9),
    '/usr/bin/node: bad option: --new-flag',
    /Node there does not know the flag --new-flag\. It comes from --node-args or NODE_OPTIONS/,
  ],
  [
    'too many open files',
    { type: 'notStarted', code: 'EMFILE', message: 'spawn /bin/sh EMFILE' },
    '',
    /"ssh" cannot be started: .* open files .*\. Raise the limit \(ulimit -n\)/,
  ],
  ['no node, dash', ended(127), 'sh: 1: exec: node: not found', /Install Node there/],
  ['no node, tcsh', ended(1), 'node: Command not found.', /Install Node there/],
  ['no node, zsh', ended(127), 'zsh:1: command not found: node', /Install Node there/],
  [
    'no node, fish',
    ended(127),
    'fish: Unknown command: node\nexec node -\n     ^~~^',
    /"fish: Unknown command: node"\. Install Node there/,
  ],
  [
    'no node, silent shell',
    ended(127),
    '',
    /ssh ended with status 127.*"node" cannot be run there; name Node with --node PATH/,
  ],
  [
    'node not executable, bash',
    ended(126),
    'bash: line 1: exec: node: cannot execute: Permission denied',
    /Name another one with --node/,
  ],
  ['node not executable, tcsh', ended(1), 'node: Permission denied.', /Name another one with --node/],
  [
    'node not executable, fish',
    ended(126),
    "fish: Unknown command. 'node' exists but is not an executable file.",
    /--node PATH/,
  ],
  [
    'an old node',
    ended(88),
    'read the news\nmpirun-ts agent: node 12.22.0 at /usr/bin/node is too old',
    /: node 12\.22\.0 at \/usr\/bin\/node is too old\. mpirun-ts needs Node 20\.19 or later on every node/,
  ],
  [
    'an agent that cannot call back',
    ended(1),
    'Cannot open the channel "control:1": 10.0.0.1:4000 (no answer within 5 s), 192.168.7.1:4000 (no route to host)',
    /it runs there, but cannot reach this machine: 10\.0\.0\.1:4000 \(no answer within 5 s\), 192\.168\.7\.1:4000 \(no route to host\)\. .*--interface/,
  ],
  [
    'an agent that was not let in yet',
    TIMEOUT,
    'Cannot open the channel "control:1": 10.0.0.1:4000 (busy: no answer within 5 s)',
    /it runs there, but was not let in in time: 10\.0\.0\.1:4000 \(busy: no answer within 5 s\)\. .*--launch-timeout/,
  ],
  [
    'a server that forwards no sockets',
    ended(255),
    'Error: remote port forwarding failed for listen path /tmp/mpirun-ts-0a',
    /remote port forwarding failed.*AllowStreamLocalForwarding.*--tunnel/,
  ],
  [
    'an agent that finds no free port',
    ended(1),
    'Cannot listen: none of the ports 22-22 is free (listen EADDRINUSE). A job needs one on each machine; give it more with --port-range A-B.',
    /none of the ports 22-22 is free.*--port-range A-B/,
  ],
  [
    'a node whose turn never came',
    { type: 'timeout', seconds: 10, hasBegun: false },
    '',
    /its turn had not come within 10 s.*--launch-concurrency/,
  ],
  [
    'a login shell that ends',
    ended(3),
    '',
    /ssh ended with status 3 before the agent had called back\. Check that "ssh n9 node --version"/,
  ],
  [
    'an account without a shell',
    ended(1),
    'This account is currently not available.',
    /status 1 before the agent had called back \(ssh: "This account is currently not available\."\)/,
  ],
  [
    'an agent that crashed',
    ended(1),
    'x.cjs:1\nboom()\n^\n\nReferenceError: boom is not defined\n    at x.cjs:1:1\n\nNode.js v20.20.2',
    /\(ssh: "ReferenceError: boom is not defined"\)/,
  ],
  [
    'a killed ssh',
    { type: 'ended', status: null, signal: 'SIGKILL' },
    '',
    /ssh was ended by SIGKILL before the agent had called back/,
  ],
  [
    'no ssh at all',
    { type: 'notStarted', code: 'ENOENT', message: 'spawn ssh ENOENT' },
    '',
    /there is no program "ssh" on this machine\. Install it \(openssh-client/,
  ],
  [
    'an ssh that cannot be run',
    { type: 'notStarted', code: 'EACCES', message: 'spawn ssh EACCES' },
    '',
    /"ssh" cannot be run \(permission denied; is it executable\?\)\. Name another one with --launcher/,
  ],
]

const ATTEMPT = { nodeName: 'n9', nodePath: 'node', means: 'ssh' } as const

describe('launchFailure()', () => {
  for (const [name, outcome, stderr, message] of CASES) {
    it(`explains ${name}`, () => {
      const stderrLines = stderr.split(/\r?\n/)
      const error = launchFailure({ ...ATTEMPT, program: 'ssh', outcome, stderrLines })
      expect(error.message).to.match(/^Cannot start the agent on node "n9": /)
      expect(error.message).to.match(message)
      expect(error.message).to.not.contain('\n')
      expect(error.code).to.equal('ERR_LAUNCH')
      expect(error.exitStatus).to.equal(3)
    })
  }

  it('says where the program is named that somebody has chosen and that does not exist', () => {
    const outcome = { type: 'notStarted', code: 'ENOENT', message: '' } as const
    const attempt = { ...ATTEMPT, program: 'my ssh', chosenProgram: '/opt/my ssh', outcome }
    const { message } = launchFailure({ ...attempt, stderrLines: [] })
    expect(message).to.include(
      'no program "/opt/my ssh" on this machine. Check the path of --launcher or $MPIRUN_TS_LAUNCHER',
    )
    expect(message).not.to.include('openssh')
    const silent = { ...attempt, outcome: ended(255), stderrLines: [] }
    expect(launchFailure(silent).message).to.include('Check that "/opt/my ssh n9 node --version" prints a version')
  })
})

/** What OpenSSH 7 to 10 says when its server has too many logins, and what it says of other failures. */
const LOGINS: readonly [line: string, isDropped: boolean][] = [
  ['kex_exchange_identification: Connection closed by remote host', true],
  ['kex_exchange_identification: read: Connection reset by peer', true],
  ['ssh_exchange_identification: Connection closed by remote host', true],
  ['Connection timed out during banner exchange', true],
  ['Connection closed by 10.0.0.1 port 22', true],
  ['Connection reset by 10.0.0.1 port 22', true],
  ['kex_exchange_identification: banner line 0: Exceeded MaxStartups', true],
  ['kex_exchange_identification: banner line 0: Not allowed at this time', true],
  ['ssh: connect to host n9 port 22: Connection refused', false],
  ['ann@n9: Permission denied (publickey).', false],
  ['Connection to n9 closed by remote host.', false],
  ['Host key verification failed.', false],
]

describe('isDroppedLogin()', () => {
  for (const [line, isDropped] of LOGINS) {
    it(`says ${isDropped ? 'yes' : 'no'} to "${line}"`, () =>
      expect(isDroppedLogin(['news', line])).to.equal(isDropped))
  }
})

describe('lastWords()', () => {
  it('says what to do where V8 has given up', () => {
    const lines = [
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      '----- Native stack trace -----',
    ]
    expect(lastWords('ssh', [...lines, '1: 0xbb4a95 node::Abort() [node]'])).to.match(/JavaScript heap.*--node-args/)
  })

  it('is nothing when nothing was said', () => {
    expect(lastWords('ssh', ['', 'debug1: x', '  ', 'Killed by signal 15.'])).to.equal('')
  })
})
