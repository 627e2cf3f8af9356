"""A vendor with asyncssh: does what the JSON in its first argument says, and
prints what came of it as JSON.

{"host": …, "port": …, "user": …, "password": …, "key": FILE, "do": [{"op": NAME, …}, …]}

Each step gives one answer: what it returned, or {"error": text, "code": number}.
All steps go over one connection.
"""

import asyncio
import base64
import json
import sys

import asyncssh


def text64(data):
    return base64.b64encode(data or b"").decode()


async def exec_(connection, step):
    """Runs a command, with all of its input at once."""
    extra = {}
    if "term" in step:
        extra = {
            "term_type": step["term"],
            "term_size": tuple(step["size"]),
            "request_pty": "force",
        }
    result = await connection.run(
        step["command"],
        input=base64.b64decode(step.get("stdin", "")),
        encoding=None,
        env=step.get("env", ()),
        **extra,
    )
    return {
        "stdout": text64(result.stdout),
        "stderr": text64(result.stderr),
        "status": result.exit_status,
        "signal": result.exit_signal[0] if result.exit_signal else None,
    }


async def many(connection, step):
    """Runs several commands at once, each on a channel of its own."""
    return list(await asyncio.gather(*(exec_(connection, each) for each in step["commands"])))


async def shell(connection, step):
    """Types into a terminal: {send}, {expect}, {resize}, {signal}, {eof}."""
    process = await connection.create_process(
        term_type=step.get("term", "xterm-256color"),
        term_size=tuple(step.get("size", (80, 24))),
        request_pty="force",
        encoding="utf-8",
        errors="replace",
        command=step.get("command"),
    )
    seen = ""
    for action in step["steps"]:
        if "send" in action:
            process.stdin.write(action["send"])
        elif "expect" in action:
            async with asyncio.timeout(30):
                at = 0
                while action["expect"] not in seen[at:]:
                    piece = await process.stdout.read(4096)
                    if not piece:
                        raise RuntimeError(f"no {action['expect']!r} in {seen!r}")
                    seen += piece
        elif "resize" in action:
            process.change_terminal_size(*action["resize"])
        elif "signal" in action:
            process.send_signal(action["signal"])
        elif "eof" in action:
            process.stdin.write_eof()
        else:
            raise ValueError(action)
    seen += await process.stdout.read()
    await process.wait()
    return {
        "output": seen,
        "status": process.exit_status,
        "signal": process.exit_signal[0] if process.exit_signal else None,
    }


async def signal(connection, step):
    """Sends a signal to a command that has said it is ready."""
    process = await connection.create_process(step["command"], encoding="utf-8")
    await process.stdout.readline()
    process.send_signal(step["signal"])
    rest = await process.stdout.read()
    await process.wait()
    return {
        "output": rest,
        "status": process.exit_status,
        "signal": process.exit_signal[0] if process.exit_signal else None,
    }


async def half_close(connection, step):
    """Ends its own input and reads on."""
    process = await connection.create_process(step["command"], encoding="utf-8")
    process.stdin.write(step["stdin"])
    process.stdin.write_eof()
    output = await process.stdout.read()
    await process.wait()
    return {"output": output, "status": process.exit_status}


async def direct_tcpip(connection, step):
    reader, _ = await connection.open_connection(step["host"], step["port"])
    return {"read": text64(await reader.read(64))}


async def direct_streamlocal(connection, step):
    await connection.open_unix_connection(step["path"])
    return {}


async def reverse(connection, step):
    listener = await connection.forward_remote_port("", 0, "localhost", step["port"])
    return {"port": listener.get_port()}


async def reverse_streamlocal(connection, step):
    await connection.forward_remote_path(step["path"], "/nonexistent")
    return {}


async def subsystem(connection, step):
    process = await connection.create_process(subsystem=step["name"], encoding=None)
    process.stdin.write_eof()
    result = await process.wait()
    return {
        "stdout": text64(result.stdout),
        "stderr": text64(result.stderr),
        "status": result.exit_status,
    }


async def x11(connection, step):
    """Asks for X11 as a client does that has a display of its own to offer."""
    chan, _ = await connection.create_session(asyncssh.SSHClientSession, step["command"])
    accepted = await chan._make_request(
        b"x11-req",
        asyncssh.packet.Boolean(False),
        asyncssh.packet.String("MIT-MAGIC-COOKIE-1"),
        asyncssh.packet.String("00" * 16),
        asyncssh.packet.UInt32(0),
    )
    chan.close()
    return {"accepted": accepted}


async def request(connection, step):
    """Any request on a session channel, and whether it was granted."""
    chan, _ = await connection.create_session(asyncssh.SSHClientSession, step["command"])
    accepted = await chan._make_request(step["name"].encode())
    chan.close()
    return {"accepted": accepted}


async def global_request(connection, step):
    """Any request on the connection, and whether it was granted."""
    kind, _ = await connection._make_global_request(step["name"].encode())
    return {"accepted": kind == asyncssh.connection.MSG_REQUEST_SUCCESS}


async def open_channel(connection, step):
    """A channel of any type, with what RFC 4254 asks for in it."""
    host, port = asyncssh.packet.String("127.0.0.1"), asyncssh.packet.UInt32(9)
    more = {
        "x11": [host, port],
        "forwarded-tcpip": [host, port, host, port],
        "direct-tcpip": [host, port, host, port],
        "tun@openssh.com": [asyncssh.packet.UInt32(1), asyncssh.packet.UInt32(0)],
    }
    loop = asyncio.get_running_loop()
    chan = asyncssh.channel.SSHTCPChannel(connection, loop, None, "strict", 1 << 20, 1 << 15)
    await chan._open(step["kind"].encode(), *more.get(step["kind"], []))
    return {}


# Not all of them are errors of the same family.
ERRORS = (asyncssh.Error, asyncssh.ChannelListenError, OSError, TimeoutError)

STEPS = {
    "exec": exec_,
    "many": many,
    "shell": shell,
    "signal": signal,
    "half_close": half_close,
    "direct_tcpip": direct_tcpip,
    "direct_streamlocal": direct_streamlocal,
    "reverse": reverse,
    "reverse_streamlocal": reverse_streamlocal,
    "subsystem": subsystem,
    "x11": x11,
    "request": request,
    "global_request": global_request,
    "open_channel": open_channel,
}


async def main(plan):
    answers = []
    async with asyncssh.connect(
        plan["host"],
        plan["port"],
        username=plan["user"],
        password=plan.get("password"),
        client_keys=[plan["key"]] if "key" in plan else None,
        known_hosts=None,
        config=None,
        agent_path=None,
    ) as connection:
        for step in plan["do"]:
            try:
                async with asyncio.timeout(60):
                    answers.append(await STEPS[step["op"]](connection, step))
            except ERRORS as error:
                code = getattr(error, "code", None)
                answers.append({"error": f"{type(error).__name__}: {error}", "code": code})
    return answers


if __name__ == "__main__":
    try:
        print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
    except ERRORS as error:
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"}))
