import { Pool } from 'mpirun-ts'

function addit(x) {
  return x + 1
}

console.log(addit(4))
const pool = new Pool(2)
console.log(JSON.stringify(pool.map(addit, [1, 2, 3])))
pool.terminate()
