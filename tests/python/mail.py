"""A mail server that keeps what it gets, for the tests of reminders.

    mail.py '{"port": 2525, "into": "mails.jsonl"}'

`certificate` and `key` (PEM): it offers STARTTLS, and takes no mail without it.
`user` and `password`: it takes no mail from anybody else.
`answers`: what it says to a mail in place of taking it, one after the other; then it
takes all. `refuses`: an address that it never takes mail for.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, plan):
        self.into = plan["into"]
        self.answers = list(plan.get("answers", []))
        self.refuses = plan.get("refuses")

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.refuses:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answers:
            return self.answers.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        kept = {
            "to": envelope.rcpt_tos,
            "headers": [[name, str(value)] for name, value in message.items()],
            "text": message.get_content().replace("\r\n", "\n"),
            "tls": session.ssl is not None,
            "authenticated": session.authenticated,
        }
        with open(self.into, "a", encoding="utf-8") as file:
            file.write(json.dumps(kept) + "\n")
        return "250 kept"


async def main(plan):
    options = {"hostname": "mail.test"}
    if "certificate" in plan:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(plan["certificate"], plan["key"])
        options |= {"tls_context": context, "require_starttls": True}
    if "user" in plan:
        wanted = (plan["user"].encode(), plan["password"].encode())

        def authenticate(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login, data.password) == wanted, handled=False)

        options |= {"authenticator": authenticate, "auth_required": True}
        options["auth_require_tls"] = "certificate" in plan
    keeper = Keeper(plan)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, loop=loop, **options), "127.0.0.1", plan["port"]
    )
    await server.serve_forever()


asyncio.run(main(json.loads(sys.argv[1])))
