"""Puts many closed sessions into the database of a program that is not running.

    many_sessions.py DATABASE COUNT

They are under the one grant that is there, and as old as their numbers.
"""

import sqlite3
import sys
import uuid

database, count = sys.argv[1], int(sys.argv[2])
MINUTE = 60 * 1_000_000


def name(millis: int, number: int) -> str:
    """A UUIDv7 that sorts by its time."""
    high = (millis << 16) | (0x7 << 12) | (number & 0xFFF)
    return str(uuid.UUID(int=(high << 64) | (0b10 << 62) | number))


with sqlite3.connect(database) as db:
    grant, account, asset, zone, protocol, created = db.execute(
        "SELECT id, account, asset, zone, protocol, created_at FROM grants"
    ).fetchone()
    rows = []
    for number in range(count):
        opened = created - (count - number) * MINUTE
        rows.append(
            (
                name(opened // 1000, number), grant, name(opened // 1000, count + number),
                account, asset, zone, f"to-{zone}", protocol, "192.0.2.7",
                opened, opened + MINUTE, "vendor_left",
            )
        )
    db.executemany(
        "INSERT INTO sessions (id, grant_id, ticket_id, account, asset, zone, conduit,"
        " protocol, source, opened_at, closed_at, close_code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
