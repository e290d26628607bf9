/**
 * What our programs run before anything else, as text in ES5: no signal opens Node's debugger, through which any user of the machine could run
 * code as the owner of the job. SIGUSR1 and SIGUSR2 do nothing from here on, until somebody listens to them. A debugger that Node has opened
 * before this line is closed, and one for which the request is still on its way is closed as soon as it opens: Node tells of that by an event.
 * Nothing of this where the user has asked for a debugger (`--inspect`).
 *
 * It stands in dist/mpirun.cjs (scripts/build.mjs), in the text of each agent, and in arguments of a shell: so it has no line ends and none of the
 * characters that NOT_QUOTABLE of launch/ssh-command.ts names. Twice does no harm.
 */
export const SHUT_DEBUGGER: string = `(function (p) {
if (p.listeners("SIGUSR1").length > 0) return;
function ignore() {}
p.on("SIGUSR1", ignore); p.on("SIGUSR2", ignore);
var words = p.execArgv.concat((p.env.NODE_OPTIONS || "").split(" "));
if (words.some(function (word) { return /^.?--inspect(-brk|-wait)?(=|.?$)/.test(word) })) return;
function close() { p._debugEnd ? p._debugEnd() : require("inspector").close() }
p.on("internalMessage", function (message) { if (message && message.cmd === "NODE_DEBUG_ENABLED") close() });
close()
})(process);`.replaceAll('\n', ' ')
