/** Variables that a node knows better than the place where the job was typed. */
const OF_THE_NODE =
  /^(HOME|USER|LOGNAME|SHELL|MAIL|SSH_.*|DISPLAY|XAUTHORITY|HOSTNAME|HOST|PWD|OLDPWD|TMPDIR|XDG_.*|DBUS_.*|_|SHLVL)$/

/** Whether a variable goes to all nodes when nothing else is said (`-x`). */
export function travels(name: string): boolean {
  return !OF_THE_NODE.test(name)
}
