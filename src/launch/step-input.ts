import { createCipheriv, createECDH, createHmac, type ECDH } from 'node:crypto'
import { SHUT_DEBUGGER } from '../base/shut-debugger.ts'
import { RUN_TEXT } from './agent-command.ts'

/**
 * What srun writes to one task reaches all of them, so no secret may travel there as it is:
 *
 *     task → launcher   mpirun-ts-key KEY         its public key (ECDH, P-256, base64); srun says which task has written the line
 *     launcher → all    body TEXT                 what all agents share, as JSON
 *     launcher → all    head TASK KEY BOX         the launcher's public key; the head of that task, encrypted
 *
 * The box is AES-256-GCM with the key HMAC-SHA256(what ECDH gives, 'mpirun-ts step TASK') and a nonce of zeros, for each key is used once; the tag comes
 * last. So an agent gets its own keys and no others, as over ssh, and who listens to Slurm's connections gets none.
 */
export const KEY_LINE: RegExp = /^mpirun-ts-key ([\w+/=]{80,100})$/

const CURVE = 'prime256v1'
const LABEL = 'mpirun-ts step '

/** The launcher's side of one step. */
export class StepKeys {
  readonly #ecdh: ECDH = createECDH(CURVE)
  readonly #publicKey: string

  constructor() {
    this.#publicKey = this.#ecdh.generateKeys('base64')
  }

  /** @throws Error for what is no key. */
  headLine(task: number, key: string, head: string): string {
    const shared = this.#ecdh.computeSecret(key, 'base64')
    const cipher = createCipheriv('aes-256-gcm', keyOf(shared, task), Buffer.alloc(12))
    const box = Buffer.concat([cipher.update(head, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `head ${task} ${this.#publicKey} ${box.toString('base64')}\n`
  }
}

function keyOf(shared: Uint8Array, task: number): Buffer {
  return createHmac('sha256', shared).update(`${LABEL}${task}`).digest()
}

export function bodyLine(body: Uint8Array): string {
  return `body ${JSON.stringify(Buffer.from(body).toString())}\n`
}

/** What Node runs in each task: ES5, for a Node of any age. */
export const STEP_TEXT: string = `${SHUT_DEBUGGER}
(function () {
var crypto = require("crypto"), ecdh = crypto.createECDH("${CURVE}"), task = process.env.SLURM_PROCID, rest = "", body = "";
function open(key, box) {
  var shared = ecdh.computeSecret(key, "base64"), bytes = Buffer.from(box, "base64"), end = bytes.length - 16;
  var decipher = crypto.createDecipheriv("aes-256-gcm", crypto.createHmac("sha256", shared).update("${LABEL}" + task).digest(), Buffer.alloc(12));
  decipher.setAuthTag(bytes.slice(end));
  var text = decipher.update(bytes.slice(0, end), undefined, "utf8") + decipher.final("utf8") + body;
  ${RUN_TEXT}
}
function take(line) {
  var words = line.split(" ");
  if (words[0] === "body") body = JSON.parse(line.slice(5));
  if (words[0] === "head" && words[1] === task) { process.stdin.removeListener("data", read).resume(); open(words[2], words[3]) }
}
function read(piece) {
  rest += piece;
  if (piece.indexOf("\\n") < 0) return;
  var lines = rest.split("\\n");
  rest = lines.pop();
  lines.forEach(take);
}
process.stdin.setEncoding("utf8").on("data", read);
process.stdout.write("mpirun-ts-key " + ecdh.generateKeys("base64") + "\\n");
})()`
