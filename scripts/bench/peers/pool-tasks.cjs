const { move } = require('piscina')

exports.increment = (x) => x + 1
exports.busy = (ms) => {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}
exports.giveBack = (view) => move(view)
exports.copyBack = (view) => move(view.slice())
