const { move } = require('piscina')

exports.increment = (x) => x + 1
exports.giveBack = (view) => move(view)
exports.copyBack = (view) => move(view.slice())
