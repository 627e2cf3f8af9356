"""An asset that tells what reaches it: signals, window sizes, environment. For
what OpenSSH's server does not do for root.

target.py HOST_KEY_FILE AUTHORIZED_KEYS_FILE PORT_FILE [ANSWER] — writes its port.
With ANSWER it takes no key, and a password only as that answer to a question.
"""

import asyncio
import sys

import asyncssh


async def tell(process):
    """Runs no command: reports what comes, until `quit` is typed."""
    size = process.term_size[:2] if process.term_type else None
    process.stdout.write(f"ready {process.term_type} {size} {sorted(process.env)}\n")
    while True:
        try:
            line = await process.stdin.readline()
        except asyncssh.SignalReceived as signal:
            process.stdout.write(f"signal {signal.signal}\n")
        except asyncssh.BreakReceived as pressed:
            process.stdout.write(f"break {pressed.msec}\n")
        except asyncssh.TerminalSizeChanged as change:
            process.stdout.write(f"size {change.width}x{change.height}\n")
        else:
            if line.strip() == "quit" or not line:
                break
            if line.strip() == "die":
                process.exit_with_signal("SEGV", True, "died as asked")
                return
            process.stdout.write(f"line {line.strip()}\n")
    process.exit(9)


class Asking(asyncssh.SSHServer):
    """Asks, and takes nothing else; keyboard-interactive is RFC 4256."""

    def __init__(self, answer):
        self.answer = answer

    def begin_auth(self, username):
        return True

    def kbdint_auth_supported(self):
        return True

    def get_kbdint_challenge(self, username, lang, submethods):
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username, responses):
        return responses == [self.answer]


async def main(host_key, authorized, port_file, answer=None):
    ways = {"authorized_client_keys": authorized}
    if answer is not None:
        ways = {"server_factory": lambda: Asking(answer)}
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        process_factory=tell,
        **ways,
        line_editor=False,
    )
    with open(port_file, "w", encoding="ascii") as said:
        said.write(f"{server.get_port()}\n")
    await server.wait_closed()


asyncio.run(main(*sys.argv[1:]))
