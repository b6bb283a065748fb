// The `damson` command: arguments in, exit code out. Everything else is in command/.
import { runCommand } from './command/program.ts'
import { processTerminal } from './command/terminal.node.ts'

void runCommand(process.argv.slice(2), processTerminal()).then(code => {
  process.exitCode = code
})
